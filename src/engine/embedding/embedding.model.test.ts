import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TinyBertOptions, tinyBert } from "../../../test/gguf/tiny-bert.ts";
import { tinyModel } from "../../../test/gguf/tiny-model.ts";
import { type WritableGguf, writeGguf } from "../../../test/gguf/write-gguf.ts";
import { ColloquyError, UnsupportedError } from "../../base/errors.ts";
import { getLlama, type Llama } from "../llama.ts";
import type { LlamaModel } from "../model/llama-model.ts";
import type { Token } from "../token.ts";
import type { LlamaEmbeddingContext } from "./llama-embedding-context.ts";

let folder: string;
let llama: Llama;
let files = 0;

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "colloquy-"));
  llama = await getLlama({ gpu: false, maxThreads: 1 });
});
afterAll(async () => {
  await llama.dispose();
  rmSync(folder, { recursive: true });
});

function load(gguf: WritableGguf): Promise<LlamaModel> {
  const modelPath = path.join(folder, `${files++}.gguf`);
  writeGguf(modelPath, gguf);
  return llama.loadModel({ modelPath });
}
const loadBert = (options?: TinyBertOptions) => load(tinyBert(options));

async function vectorOf(context: LlamaEmbeddingContext, input: string | Token[]): Promise<readonly number[]> {
  return (await context.getEmbeddingFor(input)).vector;
}

function expectClose(actual: readonly number[], expected: readonly number[], tolerance = 1e-3) {
  expect(actual).toHaveLength(expected.length);
  for (const [index, value] of actual.entries())
    expect(Math.abs(value - expected[index]!)).toBeLessThan(tolerance);
}

describe("an encoder", () => {
  test("puts its boundary tokens around the text, once", async () => {
    const model = await loadBert();
    const context = await model.createEmbeddingContext({ threads: 1 });
    const words = model.tokenize("the cat");
    expect(words).toHaveLength(2);
    expect(context.calculateInputLength("the cat")).toBe(4);
    const [cls, sep] = [2, 3] as Token[];
    expect(context.calculateInputLength([cls!, ...words, sep!])).toBe(4);
    expect(await vectorOf(context, [cls!, ...words, sep!])).toEqual(await vectorOf(context, "the cat"));
    expect(context.calculateInputLength({ tokenize: (tokenizer) => tokenizer("the cat") })).toBe(4);
    await model.dispose();
  });

  test("pools as the model says: the mean is that of what other poolings give one by one", async () => {
    const input = "a dog sat on the house";
    const vectors: Record<string, readonly number[]> = {};
    for (const pooling of ["mean", "cls", "last", null] as const) {
      const model = await loadBert({ pooling });
      const context = await model.createEmbeddingContext({ threads: 1 });
      vectors[String(pooling)] = await vectorOf(context, input);
      expect(vectors[String(pooling)]).toHaveLength(model.embeddingVectorSize);
      await model.dispose();
    }
    // Without pooling it is the last token's vector.
    expectClose(vectors.null!, vectors.last!);
    expect(new Set(Object.values(vectors).map((vector) => vector[0]!.toFixed(3))).size).toBe(3);
    // The output norm gives every token's vector the length √32; a mean is shorter, and nothing is normalised to 1.
    const length = (vector: readonly number[]) => Math.hypot(...vector);
    expect(length(vectors.cls!)).toBeCloseTo(Math.sqrt(32), 2);
    expect(length(vectors.mean!)).toBeLessThan(length(vectors.cls!));
  });

  test("gives the same vector whatever it read before, and different ones for different texts", async () => {
    const model = await loadBert();
    const context = await model.createEmbeddingContext({ threads: 1 });
    const texts = ["the cat sat", "a house", "what is a dog?"];
    const alone = [];
    for (const text of texts) {
      const fresh = await model.createEmbeddingContext({ threads: 1 });
      alone.push(await vectorOf(fresh, text));
      await fresh.dispose();
    }
    const together = await Promise.all([...texts, ...texts].map((text) => vectorOf(context, text)));
    for (const [index, vector] of together.entries()) expectClose(vector, alone[index % 3]!, 1e-5);
    const [first, second] = await Promise.all(texts.slice(0, 2).map((text) => context.getEmbeddingFor(text)));
    expect(first!.calculateCosineSimilarity(first!)).toBeCloseTo(1, 6);
    expect(first!.calculateCosineSimilarity(second!)).toBeLessThan(0.999);
    await model.dispose();
  });

  test("an input of the whole context is read, one more token is refused with the numbers", async () => {
    const model = await loadBert({ contextLength: 24 });
    const context = await model.createEmbeddingContext({ threads: 1, contextSize: 1000 });
    expect(context.contextSize).toBe(24);
    const words = (count: number) => Array.from({ length: count }, () => "cat").join(" ");
    expect(context.calculateInputLength(words(22))).toBe(24);
    expect(await vectorOf(context, words(22))).toHaveLength(32);
    await expect(context.getEmbeddingFor(words(23))).rejects.toMatchObject({
      code: "context-overflow",
      message: expect.stringMatching(/25 tokens.*24/),
    });
    await model.dispose();
  });

  test("bad input is refused at the entry; no text gives an empty vector", async () => {
    const model = await loadBert();
    const context = await model.createEmbeddingContext({ threads: 1 });
    for (const input of [undefined, 5, {}, [-1], [100_000]])
      await expect(context.getEmbeddingFor(input as never)).rejects.toMatchObject({
        code: "invalid-argument",
      });
    await expect(model.createEmbeddingContext({ contextSize: -1 })).rejects.toMatchObject({
      code: "invalid-argument",
    });
    await expect(model.createEmbeddingContext({ createSignal: AbortSignal.abort("no") })).rejects.toBe("no");
    expect(await vectorOf(context, "")).toEqual([]);
    await model.dispose();
  });
});

describe("a model made to write", () => {
  test("gives its last token's vector, the same in pieces as at once", async () => {
    const model = await load(tinyModel());
    const text = "hello world and the user and the system and the assistant";
    const [whole, pieces] = await Promise.all([
      model.createEmbeddingContext({ threads: 1, contextSize: 256 }),
      model.createEmbeddingContext({ threads: 1, contextSize: 256, batchSize: 5 }),
    ]);
    expect(whole.calculateInputLength(text)).toBeGreaterThan(10);
    const vector = await vectorOf(whole, text);
    expect(vector).toHaveLength(64);
    expectClose(await vectorOf(pieces, text), vector, 0.02);
    expect(await vectorOf(pieces, `${text}!`)).not.toEqual(vector);
    await model.dispose();
  });

  test("aborts: in the queue, and before it is read", async () => {
    const model = await load(tinyModel());
    const context = await model.createEmbeddingContext({ threads: 1, contextSize: 2048, batchSize: 16 });
    const reason = new Error("enough");
    await expect(context.getEmbeddingFor("hello", { signal: AbortSignal.abort(reason) })).rejects.toBe(
      reason,
    );
    const controller = new AbortController();
    const running = context.getEmbeddingFor("hello ".repeat(300), { signal: controller.signal });
    const next = context.getEmbeddingFor("hello world");
    setImmediate(() => controller.abort(reason));
    await expect(running).rejects.toBe(reason);
    expect((await next).vector).toHaveLength(64);
    await model.dispose();
  });

  test("disposal in any order: the model first, twice, during an evaluation", async () => {
    const model = await load(tinyModel());
    const context = await model.createEmbeddingContext({ threads: 1, contextSize: 2048, batchSize: 16 });
    const running = context.getEmbeddingFor("hello ".repeat(300));
    const queued = context.getEmbeddingFor("hello");
    const ends = Promise.allSettled([running, queued]);
    await model.dispose();
    await context.dispose();
    for (const end of await ends)
      expect(end).toMatchObject({ status: "rejected", reason: { code: "disposed" } });
    expect(context.disposed).toBe(true);
    await expect(context.getEmbeddingFor("hello")).rejects.toMatchObject({ code: "disposed" });
    await expect(model.createEmbeddingContext()).rejects.toMatchObject({ code: "disposed" });
  });
});

describe("ranking", () => {
  const documents = ["the cat sat on the house", "a dog", "what is the house?"];

  test("scores are probabilities, those of single calls, and sorted from the best", async () => {
    const model = await loadBert({ ranks: true });
    const context = await model.createRankingContext({ threads: 1 });
    const scores = await context.rankAll("a cat", documents);
    for (const [index, score] of scores.entries()) {
      expect(score).toBeGreaterThan(0);
      expect(score).toBeLessThan(1);
      expect(await context.rank("a cat", documents[index]!)).toBeCloseTo(score, 5);
    }
    expect(new Set(scores).size).toBe(3);
    const sorted = await context.rankAndSort("a cat", documents);
    expect(sorted.map(({ score }) => score)).toEqual([...scores].sort((a, b) => b - a));
    for (const { document, score } of sorted) expect(scores[documents.indexOf(document)]).toBe(score);
    // [CLS] query [SEP] document; the vocabulary has no EOS.
    expect(context.calculateInputLength("a cat", "a dog")).toBe(6);
    expect(await context.rankAll("a cat", [])).toEqual([]);
    await model.dispose();
  });

  test("a template places both; that of the file is the default", async () => {
    const own = await loadBert({ ranks: true, rankingTemplate: "what is {query} ? {document}" });
    const plain = await loadBert({ ranks: true });
    const [fromFile, fromUser, without] = await Promise.all([
      own.createRankingContext({ threads: 1 }),
      plain.createRankingContext({ threads: 1, template: "what is {{query}} ? {{document}}" }),
      plain.createRankingContext({ threads: 1 }),
    ]);
    const score = await fromFile.rank("a cat", "a dog");
    expect(await fromUser.rank("a cat", "a dog")).toBeCloseTo(score, 6);
    expect(await without.rank("a cat", "a dog")).not.toBeCloseTo(score, 4);
    // [CLS] what is a cat ? a dog [SEP]
    expect(fromFile.calculateInputLength("a cat", "a dog")).toBe(9);
    await expect(plain.createRankingContext({ template: "{{query}}" as never })).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  test("a document that does not fit is refused, or ranked by its best piece", async () => {
    const model = await loadBert({ ranks: true, contextLength: 12 });
    const context = await model.createRankingContext({ threads: 1 });
    const long = "the cat sat on the house the dog sat on a cat what is the house";
    await expect(context.rank("a cat", long)).rejects.toMatchObject({ code: "context-overflow" });
    await expect(context.rankAll("a cat", ["a dog", long])).rejects.toBeInstanceOf(ColloquyError);
    // Four of the twelve tokens are [CLS], the query and [SEP]: pieces of eight words, four new ones in each.
    const words = long.split(" ");
    const pieces = [0, 4, 8].map((start) => words.slice(start, start + 8).join(" "));
    const scores = await context.rankAll("a cat", pieces);
    expect(await context.rank("a cat", long, { onOverflow: "maxChunk" })).toBeCloseTo(Math.max(...scores), 6);
    await expect(
      context.rank(long, "a dog", { onOverflow: { type: "maxChunk", overlapPercentage: 0 } }),
    ).rejects.toMatchObject({ code: "context-overflow" });
    await expect(context.rank("a", long, { onOverflow: "cut" as never })).rejects.toMatchObject({
      code: "invalid-argument",
    });
    await model.dispose();
  });

  test("a model without a ranking head is refused", async () => {
    const encoder = await loadBert();
    await expect(encoder.createRankingContext()).rejects.toBeInstanceOf(UnsupportedError);
    const writer = await load(tinyModel());
    await expect(writer.createRankingContext()).rejects.toBeInstanceOf(UnsupportedError);
  });
});
