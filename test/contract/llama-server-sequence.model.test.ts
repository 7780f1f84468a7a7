import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll } from "vitest";
import { resolveDefaultModel } from "../../src/models/default/default-model.ts";
import { getLlama } from "../../src/remote/get-llama.ts";
import type { RemoteLlama } from "../../src/remote/remote-llama.ts";
import type { RemoteModel } from "../../src/remote/remote-model.ts";
import { writeTinyModel } from "../gguf/tiny-model.ts";
import { type LlamaServer, startLlamaServer } from "../remote/llama-server.ts";
import { describeChatSession } from "./chat-session.contract.ts";
import { describeContextSequence } from "./context-sequence.contract.ts";
import { describeTokenByToken } from "./token-by-token.contract.ts";

let folder: string;
let server: LlamaServer;
let llama: RemoteLlama;
let model: RemoteModel;
let served: RemoteModel;
let chatServer: LlamaServer;
let chatLlama: RemoteLlama;
let chatModel: RemoteModel;
let servedChatModel: RemoteModel;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "colloquy-"));
  const modelPath = writeTinyModel(path.join(folder, "tiny.gguf"));
  server = await startLlamaServer({ modelPath, contextSize: 256, slots: 2 });
  llama = await getLlama({ engine: { type: "llama-server", url: server.url } });
  model = await llama.loadModel({ modelPath });
  served = await llama.loadModel();
  const chatPath = await resolveDefaultModel();
  chatServer = await startLlamaServer({ modelPath: chatPath, contextSize: 1025, slots: 2 });
  chatLlama = await getLlama({ engine: { type: "llama-server", url: chatServer.url } });
  chatModel = await chatLlama.loadModel({ modelPath: chatPath });
  servedChatModel = await chatLlama.loadModel();
});
afterAll(async () => {
  await llama?.dispose();
  await server?.kill();
  await chatLlama?.dispose();
  await chatServer?.kill();
  rmSync(folder, { recursive: true });
});

describeContextSequence("llama-server", {
  create: async () => (await model.createContext()).getSequence(),
});

describeContextSequence("llama-server with the vocabulary that it tells", {
  create: async () => (await served.createContext()).getSequence(),
});

describeTokenByToken("llama-server", {
  create: async () => (await model.createContext({ sequences: 2 })).getSequence(),
});

describeChatSession("llama-server", {
  create: async () => (await chatModel.createContext()).getSequence(),
});

describeChatSession("llama-server with the vocabulary that it tells", {
  create: async () => (await servedChatModel.createContext()).getSequence(),
});
