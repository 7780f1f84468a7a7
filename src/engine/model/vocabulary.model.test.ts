import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seededRandom } from "../../../test/fake/seeded-random.ts";
import { tinyModel } from "../../../test/gguf/tiny-model.ts";
import { writeGguf } from "../../../test/gguf/write-gguf.ts";
import { getLlama, type Llama } from "../llama.ts";
import type { Token } from "../token.ts";
import type { LlamaModel } from "./llama-model.ts";

let folder: string;
let llama: Llama;
beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "colloquy-"));
  llama = await getLlama({ gpu: false, maxThreads: 1 });
});
afterAll(async () => {
  await llama.dispose();
  rmSync(folder, { recursive: true });
});

const alphabet = [
  ..."abc the and hello world ing 019\n\t<|>{}",
  "é",
  "ß",
  "漢",
  "字",
  "😀",
  "👩‍👩‍👧",
  "🇨🇭",
  "\u0301",
  "\u0000",
];

function randomText(random: () => number): string {
  return Array.from(
    { length: Math.floor(random() * 30) },
    () => alphabet[Math.floor(random() * alphabet.length)],
  ).join("");
}

describe.each(["bpe", "spm"] as const)("%s", (vocabulary) => {
  let model: LlamaModel;
  beforeAll(async () => {
    const modelPath = path.join(folder, `${vocabulary}.gguf`);
    writeGguf(modelPath, tinyModel({ vocabulary }));
    model = await llama.loadModel({ modelPath, vocabOnly: true });
  });
  afterAll(() => model.dispose());

  /** The text that some tokens stand for, put together by hand from their bytes. */
  const textOf = (tokens: readonly Token[]) =>
    new TextDecoder().decode(Buffer.concat(tokens.map((token) => model.tokenBytes(token))));

  test("every text comes back, and is what its tokens' bytes say", () => {
    const random = seededRandom(31);
    for (let round = 0; round < 300; round++) {
      const text = randomText(random);
      const tokens = model.tokenize(text, false, "trimLeadingSpace");
      expect(textOf(tokens), JSON.stringify(text)).toBe(text);
      // A text after a text, as in a conversation: no space appears between them.
      const before = model.tokenize("a\n", false, "trimLeadingSpace");
      expect(model.detokenize(tokens, false, before), JSON.stringify(text)).toBe(text);
    }
  });

  test("special tokens are text unless they are asked for", () => {
    const text = "<|im_start|>user\nhi<|im_end|>";
    const plain = model.tokenize(text, false, "trimLeadingSpace");
    expect(plain.some((token) => model.isSpecialToken(token))).toBe(false);
    expect(textOf(plain)).toBe(text);
    const special = model.tokenize(text, true, "trimLeadingSpace");
    expect(special.filter((token) => model.isSpecialToken(token))).toHaveLength(2);
    expect(special.length).toBeLessThan(plain.length);
    expect(model.detokenize(special, true).trimStart()).toBe(text);
    expect(model.detokenize(special, false).trimStart()).not.toContain("<|im_");
    expect(model.isEogToken(special.at(-1))).toBe(true);
    expect(model.tokenBytes(special[0]!)).toHaveLength(0);
  });

  test("nothing is nothing", () => {
    expect(model.tokenize("")).toEqual([]);
    expect(model.detokenize([])).toBe("");
    expect([model.isSpecialToken(undefined), model.isEogToken(undefined)]).toEqual([false, false]);
  });

  test("ids that are no tokens are refused, not passed to native code", () => {
    const { vocabularySize } = model;
    for (const id of [vocabularySize, vocabularySize + 1, 2 ** 31] as Token[]) {
      expect([model.isSpecialToken(id), model.isEogToken(id)]).toEqual([false, false]);
      for (const call of [
        () => model.detokenize([id]),
        () => model.tokenBytes(id),
        () => model.getTokenAttributes(id),
      ])
        expect(call, String(id)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
    }
    expect(() => model.tokenize(7 as unknown as string)).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });

  test("the bytes of all tokens at once are those of one after another, special tokens without text", () => {
    const grammar = model.grammarVocabulary();
    const { data, starts } = grammar.allTokenBytes!();
    expect(starts).toHaveLength(model.vocabularySize + 1);
    let special = 0;
    for (const token of model.iterateAllTokens()) {
      const bytes = data.subarray(starts[token]!, starts[token + 1]!);
      if (model.isSpecialToken(token)) special++;
      expect(bytes, String(token)).toEqual(
        model.isSpecialToken(token) ? new Uint8Array(0) : model.tokenBytes(token),
      );
      expect(grammar.tokenBytes(token)).toEqual(bytes);
    }
    expect(special).toBeGreaterThan(0);
    expect(grammar.endTokens).toEqual([...model.iterateAllTokens()].filter((id) => model.isEogToken(id)));
  });

  test("a text longer than the buffers", () => {
    const text = "hello 😀 ".repeat(3000);
    expect(textOf(model.tokenize(text, false, "trimLeadingSpace"))).toBe(text);
    const tokens = model.tokenize(text);
    expect(model.detokenize(tokens).trimStart()).toBe(text);
  });
});

test("a disposed model's vocabulary is not asked any more", async () => {
  const modelPath = path.join(folder, "bpe.gguf");
  const model = await llama.loadModel({ modelPath, vocabOnly: true });
  const tokens = model.tokenize("hello");
  await model.dispose();
  for (const call of [
    () => model.tokenize("hello"),
    () => model.detokenize(tokens),
    () => model.isSpecialToken(tokens[0]),
    () => model.isEogToken(tokens[0]),
    () => model.getTokenAttributes(tokens[0]!),
    () => model.trainContextSize,
  ])
    expect(call).toThrow(expect.objectContaining({ code: "disposed" }));
});
