import { readdirSync } from "node:fs";
import path from "node:path";
import { ColloquyError } from "../../base/errors.ts";
import type { GgufFileInfo } from "../../gguf/gguf-file-info.ts";
import { readLocalGguf } from "../../gguf/read-local-gguf.ts";

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

const quantization = /[-._](i?q\d\w*|f16|f32|bf16|fp16|mxfp4\w*)$/i;

/** A model's name without what tells its files apart. */
function stem(file: string): string {
  let name = path.basename(file, ".gguf").toLowerCase();
  name = name.replace(/-\d{5}-of-\d{5}$/, "").replace(/[-._]?mmproj[-._]?/, "");
  return name.replace(quantization, "").replace(/[-._](model|projector)$/, "");
}

/**
 * Projectors in the model's folder that are meant for it: those that carry its name, or, in a folder of one model, the
 * only one there.
 */
function projectorsBeside(modelPath: string): string[] {
  const folder = path.dirname(modelPath);
  let files: string[];
  try {
    files = readdirSync(folder).filter((name) => name.toLowerCase().endsWith(".gguf"));
  } catch {
    return [];
  }
  const projectors = files.filter((name) => /mmproj/i.test(name)).sort();
  const own = stem(modelPath);
  const byName = projectors.filter((name) => stem(name) !== "" && stem(name) === own);
  const others = new Set(files.filter((name) => !/mmproj/i.test(name)).map(stem));
  const found = byName.length > 0 ? byName : others.size === 1 && projectors.length === 1 ? projectors : [];
  return found.map((name) => path.join(folder, name));
}
