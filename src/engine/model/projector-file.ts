import { readdirSync } from "node:fs";
import path from "node:path";
import { ColloquyError } from "../../base/errors.ts";
import type { GgufFileInfo } from "../../gguf/gguf-file-info.ts";
import { readLocalGguf } from "../../gguf/read-local-gguf.ts";
import { matchProjectors } from "./match-projectors.ts";

/** A projector's file, and what it reads. */
export interface ProjectorFile {
  readonly path: string;
  readonly images: boolean;
  readonly audio: boolean;
}

/**
 * The projector of a model: the file that was named, or the one beside the model. Only headers are read.
 * @throws ColloquyError `model-not-found`, `model-file-invalid`, `model-file-unsupported` for a file that was named
 */
export function findProjectorFile(
  named: string | false | undefined,
  modelPath: string,
  model: GgufFileInfo,
): ProjectorFile | undefined {
  if (named === false) return undefined;
  if (named !== undefined) return readProjectorFile(path.resolve(named));
  const width = Number(model.architectureMetadata.embedding_length);
  for (const file of projectorsBeside(modelPath)) {
    try {
      const info = readLocalGguf(file, { companions: true });
      if (projectionWidth(info) === width) return describeProjector(file, info);
    } catch {
      // Nobody asked for this file: the model is loaded without it.
    }
  }
  return undefined;
}

function readProjectorFile(file: string): ProjectorFile {
  const info = readLocalGguf(file, { companions: true });
  if (info.metadataValues.get("general.architecture") !== "clip")
    throw new ColloquyError("model-file-unsupported", `"${file}" is no projector`, {
      hint: 'a projector has the architecture "clip"; its file is usually called mmproj-….gguf',
    });
  return describeProjector(file, info);
}

function describeProjector(file: string, { metadataValues }: GgufFileInfo): ProjectorFile {
  return {
    path: file,
    images: metadataValues.get("clip.has_vision_encoder") === true,
    audio: metadataValues.get("clip.has_audio_encoder") === true,
  };
}

function projectionWidth({ metadataValues }: GgufFileInfo): number {
  return Number(
    metadataValues.get("clip.vision.projection_dim") ?? metadataValues.get("clip.audio.projection_dim"),
  );
}

/** Projectors in the model's folder that are meant for it, the preferred one first. */
function projectorsBeside(modelPath: string): string[] {
  const folder = path.dirname(modelPath);
  try {
    return matchProjectors(path.basename(modelPath), readdirSync(folder)).map((name) =>
      path.join(folder, name),
    );
  } catch {
    return [];
  }
}
