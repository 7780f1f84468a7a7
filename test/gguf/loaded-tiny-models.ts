import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll } from "vitest";
import type {
  ContextSequence,
  GeneratedToken,
  GenerateFinish,
  GenerateOptions,
} from "../../src/engine/context-sequence.ts";
import { getLlama, type Llama } from "../../src/engine/llama.ts";
import type { LlamaModel } from "../../src/engine/model/llama-model.ts";
import type { Token } from "../../src/engine/token.ts";
import { type TinyArchitecture, writeTinyModel } from "./tiny-model.ts";

/** Tiny models of a test file, there from its `beforeAll` to its `afterAll`. */
export interface LoadedTinyModels {
  readonly llama: Llama;
  /** A folder of its own, gone afterwards. */
  readonly folder: string;
  /** By architecture. */
  readonly models: Readonly<Record<TinyArchitecture, LlamaModel>>;
}

/** Loads a tiny model of each architecture, with one thread, for the tests of the calling file. */
export function loadTinyModels(architectures: readonly TinyArchitecture[]): LoadedTinyModels {
  const loaded = { models: {} as Record<TinyArchitecture, LlamaModel>, folder: "", llama: {} as Llama };
  beforeAll(async () => {
    loaded.folder = mkdtempSync(join(tmpdir(), "colloquy-"));
    loaded.llama = await getLlama({ gpu: false, maxThreads: 1 });
    for (const architecture of architectures) {
      const modelPath = writeTinyModel(join(loaded.folder, `${architecture}.gguf`), { architecture });
      loaded.models[architecture] = await loaded.llama.loadModel({ modelPath });
    }
  });
  afterAll(async () => {
    await loaded.llama.dispose();
    rmSync(loaded.folder, { recursive: true });
  });
  return loaded;
}

/** A whole reply. */
export interface Generated {
  readonly tokens: Token[];
  readonly logprobs: GeneratedToken["logprobs"][];
  readonly finish: GenerateFinish;
}

/** Reads `sequence.generate(target, options)` to its end. */
export async function generate(
  sequence: ContextSequence,
  target: readonly Token[],
  options: GenerateOptions = {},
): Promise<Generated> {
  const generator = sequence.generate(target, options);
  const tokens: Token[] = [];
  const logprobs: GeneratedToken["logprobs"][] = [];
  for (;;) {
    const step = await generator.next();
    if (step.done) return { tokens, logprobs, finish: step.value };
    tokens.push(step.value.token);
    logprobs.push(step.value.logprobs);
  }
}
