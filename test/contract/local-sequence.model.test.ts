import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll } from "vitest";
import { getLlama, type Llama } from "../../src/engine/llama.ts";
import type { LlamaModel } from "../../src/engine/model/llama-model.ts";
import { writeTinyModel } from "../gguf/tiny-model.ts";
import { describeContextSequence } from "./context-sequence.contract.ts";
import { describeTokenByToken } from "./token-by-token.contract.ts";

let folder: string;
let llama: Llama;
let model: LlamaModel;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "colloquy-"));
  llama = await getLlama({ gpu: false, maxThreads: 1 });
  model = await llama.loadModel({ modelPath: writeTinyModel(path.join(folder, "tiny.gguf")) });
});
afterAll(async () => {
  await llama.dispose();
  rmSync(folder, { recursive: true });
});

describeContextSequence("llama.cpp in this process", {
  create: async () => (await model.createContext({ contextSize: 256 })).getSequence(),
});

describeTokenByToken("llama.cpp in this process", {
  create: async () => (await model.createContext({ contextSize: 256, sequences: 2 })).getSequence(),
});
