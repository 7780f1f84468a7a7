import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { getLlama, type Llama } from "../../src/engine/llama.ts";
import type { LlamaModel } from "../../src/engine/model/llama-model.ts";
import { buildMediaLibrary } from "../../src/media/library/build-media-library.ts";
import { resolveDefaultModel } from "../../src/models/default/default-model.ts";
import { type TinyArchitecture, tinyModel } from "../gguf/tiny-model.ts";
import { writeGguf } from "../gguf/write-gguf.ts";
import { writeColours } from "./colours.ts";

/** Building libmtmd takes a minute, or more where others work, milliseconds. */
export const openingMsMax = 600_000;

/** A model with a projector, and a folder that goes with it. */
export interface OpenedMediaModel {
  readonly llama: Llama;
  readonly model: LlamaModel;
  /** For the files of a test. */
  readonly folder: string;
  close(): Promise<void>;
}

/** The default model with a projector that shows it pure colours as its own words for them. */
export async function openColourModel(): Promise<OpenedMediaModel> {
  const modelPath = await resolveDefaultModel();
  return open(async (llama, folder) => {
    const words = await llama.loadModel({ modelPath, vocabOnly: true });
    const mmprojPath = writeColours(words, modelPath, folder);
    await words.dispose();
    return { modelPath, mmprojPath };
  });
}

/** A tiny model of random weights with the projector that `write` makes for its width. */
export function openTinyMediaModel(
  architecture: TinyArchitecture,
  write: (file: string, textWidth: number) => void,
): Promise<OpenedMediaModel> {
  return open(async (llama, folder) => {
    const modelPath = path.join(folder, `tiny-${architecture}.gguf`);
    writeGguf(modelPath, tinyModel({ architecture }));
    const alone = await llama.loadModel({ modelPath, mmprojPath: false });
    const mmprojPath = path.join(folder, "mmproj.gguf");
    write(mmprojPath, alone.embeddingVectorSize);
    await alone.dispose();
    return { modelPath, mmprojPath };
  });
}

async function open(
  files: (llama: Llama, folder: string) => Promise<{ modelPath: string; mmprojPath: string }>,
): Promise<OpenedMediaModel> {
  await buildMediaLibrary();
  const folder = mkdtempSync(path.join(tmpdir(), "colloquy-media-"));
  const llama = await getLlama({ gpu: false, maxThreads: 1 });
  const close = async () => {
    await llama.dispose();
    rmSync(folder, { recursive: true, force: true });
  };
  try {
    return { llama, folder, close, model: await llama.loadModel(await files(llama, folder)) };
  } catch (error) {
    await close();
    throw error;
  }
}
