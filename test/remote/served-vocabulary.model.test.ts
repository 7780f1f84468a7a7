import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { getLlama as getLocalLlama, type Llama } from "../../src/engine/llama.ts";
import { createRandom } from "../../src/engine/sampling/random.ts";
import type { Token } from "../../src/engine/token.ts";
import { resolveDefaultModel } from "../../src/models/default/default-model.ts";
import { getLlama } from "../../src/remote/get-llama.ts";
import type { RemoteLlama } from "../../src/remote/remote-llama.ts";
import { tinyModel, writeTinyModel } from "../gguf/tiny-model.ts";
import { writeGguf } from "../gguf/write-gguf.ts";
import { type LlamaServer, startLlamaServer } from "./llama-server.ts";

let folder: string;
let local: Llama;
const started: { server: LlamaServer; llama: RemoteLlama }[] = [];

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "colloquy-"));
  local = await getLocalLlama({ gpu: false });
});
afterAll(async () => {
  for (const { server, llama } of started) {
    await llama.dispose();
    await server.kill();
  }
  await local?.dispose();
  rmSync(folder, { recursive: true });
});

async function load(modelPath: string) {
  const server = await startLlamaServer({ modelPath, contextSize: 512, slots: 2 });
  const llama = await getLlama({ engine: { type: "llama-server", url: server.url } });
  started.push({ server, llama });
  return {
    llama,
    served: await llama.loadModel(),
    file: await local.loadModel({ modelPath, vocabOnly: true }),
  };
}

describe.each([
  ["the default model", () => resolveDefaultModel()],
  ["a SentencePiece vocabulary", () => writeTinyModel(path.join(folder, "tiny.gguf"), { vocabulary: "spm" })],
])("the vocabulary that a llama-server tells: %s", (_, modelPath) => {
  let loaded: Awaited<ReturnType<typeof load>>;
  beforeAll(async () => {
    loaded = await load(await modelPath());
  });

  test("is that of the file, token by token", () => {
    const { served, file } = loaded;
    expect(served.vocabularySize).toBe(file.vocabularySize);
    for (let id = 0 as Token; id < file.vocabularySize; id++) {
      const all = (model: typeof served | typeof file) => [
        model.isSpecialToken(id as Token),
        model.isEogToken(id as Token),
        Buffer.from(model.tokenBytes(id as Token)).toString("latin1"),
        model.detokenize([id as Token], true),
        model.detokenize([id as Token]),
      ];
      expect(all(served), `token ${id}`).toEqual(all(file));
    }
    // The end of a turn is one of several names, in an order of llama.cpp's own that it does not tell.
    const { infill: _infill, eot: _eot, eotString: _eotString, ...names } = file.tokens;
    expect(served.tokens).toMatchObject(names);
    expect(file.isEogToken(served.tokens.eot!)).toBe(true);
    expect(served.metadata["tokenizer.chat_template"]).toBe(file.metadata["tokenizer.chat_template"]);
    expect(served.trainContextSize).toBe(file.trainContextSize);
    expect(served.filename).toBe(file.filename);
  });

  test("tokenizes and writes as the file's does", () => {
    const { served, file } = loaded;
    const random = createRandom(3);
    const parts = [
      "Hello",
      " ",
      "  ",
      "\n",
      "1234",
      "é",
      "你好",
      "😀",
      "<|im_end|>",
      "</s>",
      "▁",
      "'s",
      "\u0000",
    ];
    for (let round = 0; round < 200; round++) {
      const count = 1 + Math.floor(random.next() * 8);
      const text = Array.from({ length: count }, () => parts[Math.floor(random.next() * parts.length)]).join(
        "",
      );
      for (const special of [false, true]) {
        const tokens = file.tokenize(text, special);
        expect(served.tokenize(text, special), JSON.stringify(text)).toEqual(tokens);
        expect(served.tokenize(text, special, "trimLeadingSpace")).toEqual(
          file.tokenize(text, special, "trimLeadingSpace"),
        );
        expect(served.detokenize(tokens, special)).toBe(file.detokenize(tokens, special));
      }
    }
  });
});

test("a file without weights is a vocabulary, here and for an engine elsewhere", async () => {
  const whole = writeTinyModel(path.join(folder, "whole.gguf"), { seed: 4 });
  const alone = path.join(folder, "alone.gguf");
  writeGguf(alone, { ...tinyModel({ seed: 4 }), tensors: [] });
  const { llama, file } = await load(whole);
  const vocabulary = await local.loadModel({ modelPath: alone, vocabOnly: true });
  expect(vocabulary.tokenize("hello world", true)).toEqual(file.tokenize("hello world", true));
  expect((await llama.loadModel({ modelPath: alone })).vocabularySize).toBe(file.vocabularySize);
  await expect(local.loadModel({ modelPath: alone })).rejects.toMatchObject({ code: "model-file-invalid" });
});
