import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { checkGgufFile } from "../../src/gguf/check-gguf-file.ts";
import { allocate, viewMemory } from "../../src/native/memory.ts";
import { loadNative, type Native } from "../../src/native/native.ts";
import { resolveLibraries } from "../../src/native/platform.ts";
import { tinyModel, writeTinyModel } from "./tiny-model.ts";

let folder: string;
let native: Native;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "tiny-"));
  native = loadNative(resolveLibraries(false)[0]!);
});
afterAll(() => rmSync(folder, { recursive: true }));

/** Loads the file, evaluates a text and continues it greedily. */
function run(path: string, text: string) {
  const { functions } = native;
  const model = functions.llama_model_load_from_file(path, functions.llama_model_default_params());
  expect(model, native.log.takeRecent()).not.toBeNull();
  const params = { ...functions.llama_context_default_params(), n_ctx: 256, n_batch: 64, n_ubatch: 64 };
  const context = functions.llama_init_from_model(model!, { ...params, n_threads: 1, n_threads_batch: 1 })!;
  const vocabulary = functions.llama_model_get_vocab(model!)!;
  const tokenCount = functions.llama_vocab_n_tokens(vocabulary);
  const bytes = Buffer.from(text);
  const buffer = new Int32Array(256);
  const used = functions.llama_tokenize(vocabulary, bytes, bytes.length, buffer, buffer.length, false, true);
  const tokens = [...buffer.subarray(0, used)];
  const reply: number[] = [];
  const input = allocate(256 * 4);
  const noPositions = { embd: null, pos: null, n_seq_id: null, seq_id: null, logits: null };
  for (let next = tokens; reply.length < 16; next = reply.slice(-1)) {
    new Int32Array(input.buffer).set(next);
    const batch = { token: input.pointer, n_tokens: next.length, ...noPositions };
    expect(functions.llama_decode(context, batch)).toBe(0);
    const logits = new Float32Array(viewMemory(functions.llama_get_logits_ith(context, -1)!, tokenCount * 4));
    reply.push(logits.indexOf(Math.max(...logits)));
  }
  const back = Buffer.alloc(1024);
  const length = functions.llama_detokenize(vocabulary, buffer, used, back, back.length, false, true);
  const facts = {
    endTokens: Array.from({ length: tokenCount }, (_, id) => id).filter((id) =>
      functions.llama_vocab_is_eog(vocabulary, id),
    ),
    window: functions.llama_model_n_swa(model!),
    recurrent: functions.llama_model_is_recurrent(model!),
  };
  input.free();
  functions.llama_free(context);
  functions.llama_model_free(model!);
  return { tokens, reply, text: back.toString("utf8", 0, length), ...facts };
}

describe("llama.cpp loads and runs every tiny model", () => {
  test.each([
    ["llama", "bpe", 0, false],
    ["llama", "spm", 0, false],
    ["gemma3", "spm", 32, false],
    ["mamba", "bpe", 0, true],
    // llama.cpp calls a model recurrent only when all of its layers are.
    ["jamba", "bpe", 0, false],
  ] as const)("%s with a %s vocabulary", (architecture, vocabulary, window, recurrent) => {
    const path = writeTinyModel(join(folder, "model.gguf"), { architecture, vocabulary, seed: 7 });
    const text = "<|im_start|>user\nhello the world é 😀<|im_end|>\n";
    const first = run(path, text);
    expect(first.text).toBe(text);
    expect(first).toMatchObject({ window, recurrent });
    expect(first.endTokens.length).toBe(2);
    // Words are tokens of their own: fewer tokens than bytes.
    expect(first.tokens.length).toBeLessThan(25);
    expect(first.reply.some((token) => first.endTokens.includes(token))).toBe(false);
    expect(new Set(first.reply).size).toBeGreaterThan(2);
    expect(run(path, text).reply).toEqual(first.reply);
    writeTinyModel(path, { architecture, vocabulary, seed: 8 });
    expect(run(path, text).reply).not.toEqual(first.reply);
  });

  test("what is checked and what is written agree", () => {
    const path = writeTinyModel(join(folder, "model.gguf"));
    expect(checkGgufFile(path).totalTensorCount).toBe(tinyModel().tensors!.length);
  });
});
