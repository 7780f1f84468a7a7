import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { getLlama as getLocalLlama, type Llama } from "../../src/engine/llama.ts";
import type { LlamaModel } from "../../src/engine/model/llama-model.ts";
import { HttpEndpoint } from "../../src/remote/http/http-endpoint.ts";
import { LlamaServerEngine } from "../../src/remote/llama-server/llama-server-engine.ts";
import { RemoteContext } from "../../src/remote/remote-context.ts";
import { RemoteModel } from "../../src/remote/remote-model.ts";
import { remoteSampling } from "../../src/remote/remote-sampling.ts";
import { generateAll } from "../contract/context-sequence.contract.ts";
import { writeTinyModel } from "../gguf/tiny-model.ts";
import { type LlamaServer, startLlamaServer } from "./llama-server.ts";

let folder: string;
let server: LlamaServer;
let llama: Llama;
let vocabulary: LlamaModel;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "colloquy-"));
  const modelPath = writeTinyModel(path.join(folder, "tiny.gguf"));
  server = await startLlamaServer({ modelPath, contextSize: 512, slots: 1 });
  llama = await getLocalLlama({ gpu: false });
  vocabulary = await llama.loadModel({ modelPath, vocabOnly: true });
});
afterAll(async () => {
  await llama?.dispose();
  await server?.kill();
  rmSync(folder, { recursive: true });
});

test("random weights write parts of characters all the time: the stream brings the ids of the whole answer", async () => {
  const endpoint = new HttpEndpoint({ url: server.url, sessionHeader: "x-session-id" });
  const engine = new LlamaServerEngine(endpoint, () => vocabulary);
  const facts = await engine.facts(undefined);
  const connection = { engine, retries: 0, retryDelayMs: 0 };
  const context = new RemoteContext(new RemoteModel(vocabulary, connection, facts), connection, {});
  const sequence = context.getSequence();
  const maxTokens = 30;
  let parts = 0;
  for (let number = 0; number < 40; number++) {
    const promptIds = vocabulary.tokenize(`Number ${number}: 你好`);
    const whole = await engine.complete(
      {
        promptIds,
        maxTokens,
        sampling: remoteSampling(),
        logprobs: 0,
        sessionKey: "a",
        signal: new AbortController().signal,
      },
      facts.modelName,
    );
    const { tokens } = await generateAll(sequence, promptIds, { maxTokens });
    expect(tokens, `prompt ${number}`).toEqual(whole.tokens);
    parts += tokens.filter((token) => {
      const bytes = vocabulary.tokenBytes(token);
      return bytes.length === 1 && bytes[0]! >= 0x80;
    }).length;
  }
  expect(parts).toBeGreaterThan(100);
});
