import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll } from "vitest";
import { getLlama, type Llama } from "../../src/engine/llama.ts";
import type { LlamaModel } from "../../src/engine/model/llama-model.ts";
import { resolveDefaultModel } from "../../src/models/default/default-model.ts";
import { writeTinyModel } from "../gguf/tiny-model.ts";
import { describeChatSession } from "./chat-session.contract.ts";
import { describeContextSequence } from "./context-sequence.contract.ts";
import { describeTokenByToken } from "./token-by-token.contract.ts";

let folder: string;
let llama: Llama;
let model: LlamaModel;
let chatModel: LlamaModel;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "colloquy-"));
  llama = await getLlama({ gpu: false, maxThreads: 1 });
  model = await llama.loadModel({ modelPath: writeTinyModel(path.join(folder, "tiny.gguf")) });
  chatModel = await llama.loadModel({ modelPath: await resolveDefaultModel() });
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

describeChatSession("llama.cpp in this process", {
  create: async () => (await chatModel.createContext({ contextSize: 1024 })).getSequence(),
});
