import { readFileSync, writeFileSync } from "node:fs";
import path from "node:path";
import { describe, expect, test } from "vitest";
import { type Generated, generate, loadTinyModels } from "../../../test/gguf/loaded-tiny-models.ts";
import type { TinyArchitecture } from "../../../test/gguf/tiny-model.ts";
import type { GenerateFinish, GenerateOptions } from "../context-sequence.ts";
import type { LlamaModel } from "../model/llama-model.ts";
import { createRandom } from "../sampling/random.ts";
import type { Token } from "../token.ts";
import type { LlamaContextOptions } from "./context-options.ts";

const architectures: readonly TinyArchitecture[] = ["llama", "gemma3", "mamba", "jamba"];
const tiny = loadTinyModels(architectures);
const { models } = tiny;

/** Sums of floats differ in their last bits with the shape of a batch: a random model's ties may fall either way. */
const tolerance = 0.02;

function expectSameGreedyText(ours: Generated, twin: Generated) {
  for (const [index, { token, top }] of twin.logprobs.map((logprobs) => logprobs!).entries()) {
    if (ours.tokens[index] !== twin.tokens[index]) {
      expect(top[0]![1] - top[1]![1]).toBeLessThan(tolerance);
      return;
    }
    expect(Math.abs(ours.logprobs[index]!.token - token)).toBeLessThan(tolerance);
  }
}

/** The slow twin: what a fresh context that reads everything answers. */
async function freshly(
  model: LlamaModel,
  target: readonly Token[],
  options: GenerateOptions,
  context: LlamaContextOptions,
) {
  const fresh = await model.createContext({ ...context, sequences: 1 });
  const result = await generate(fresh.getSequence(), target, options);
  await fresh.dispose();
  return result;
}

function randomTokens(random: { next(): number }, model: LlamaModel, count: number): Token[] {
  return Array.from(
    { length: count },
    () => Math.floor(random.next() * Math.min(200, model.vocabularySize)) as Token,
  );
}

function randomEdit(random: { next(): number }, model: LlamaModel, tokens: readonly Token[]): Token[] {
  const start = Math.floor(random.next() * (tokens.length + 1));
  const removed = random.next() < 0.6 ? Math.floor(random.next() * 20) : 0;
  const added = random.next() < 0.7 ? randomTokens(random, model, Math.floor(random.next() * 20)) : [];
  const edited = [...tokens.slice(0, start), ...added, ...tokens.slice(start + removed)].slice(0, 220);
  return edited.length > 0 ? edited : randomTokens(random, model, 5);
}

describe.each(architectures)("%s", (architecture) => {
  const options = { contextSize: 256, sequences: 3, batchSize: 64 };

  test("random edits in exact mode answer as a fresh context does, and the ledger is what was asked for", async () => {
    const model = models[architecture];
    const random = createRandom(11);
    const context = await model.createContext(options);
    const sequences = [context.getSequence(), context.getSequence()];
    const targets = [randomTokens(random, model, 30), randomTokens(random, model, 30)];
    for (let round = 0; round < 60; round++) {
      const which = round % 2;
      const target = (targets[which] = randomEdit(
        random,
        model,
        targets[random.next() < 0.2 ? 1 - which : which]!,
      ));
      const ours = await generate(sequences[which]!, target, { maxTokens: 6, logprobs: 2 });
      expectSameGreedyText(ours, await freshly(model, target, { maxTokens: 6, logprobs: 2 }, options));
      expect(sequences[which]!.contextTokens).toEqual([...target, ...ours.tokens.slice(0, -1)]);
      const report = sequences[which]!.lastEvaluation!;
      expect(report.reusedTokens + report.movedTokens + report.sharedTokens + report.evaluatedTokens).toBe(
        target.length,
      );
    }
    await context.dispose();
  });

  test("going on from a reply evaluates only what is new", async () => {
    const model = models[architecture];
    const context = await model.createContext(options);
    const sequence = context.getSequence();
    const first = randomTokens(createRandom(3), model, 100);
    const { tokens } = await generate(sequence, first, { maxTokens: 10 });
    await generate(sequence, [...first, ...tokens, ...first.slice(0, 7)], { maxTokens: 1 });
    expect(sequence.lastEvaluation).toMatchObject({ reusedTokens: 109, evaluatedTokens: 8 });
    await context.dispose();
  });

  test("an abort in the middle of a long prompt keeps what was read", async () => {
    const model = models[architecture];
    const context = await model.createContext({ contextSize: 1024, batchSize: 32, promptChunkSize: 32 });
    const sequence = context.getSequence();
    const target = randomTokens(createRandom(4), model, 900);
    const controller = new AbortController();
    const aborted = generate(sequence, target, { signal: controller.signal, maxTokens: 3 });
    while (sequence.nextTokenIndex === 0) await new Promise((resolve) => setImmediate(resolve));
    controller.abort();
    expect((await aborted).finish).toEqual<GenerateFinish>({ reason: "abort" });
    const kept = sequence.nextTokenIndex;
    expect(kept).toBeGreaterThan(0);
    expect(kept).toBeLessThan(900);
    expect(sequence.contextTokens).toEqual(target.slice(0, kept));
    const after = await generate(sequence, target, { maxTokens: 3 });
    expect(sequence.lastEvaluation!.reusedTokens).toBe(kept);
    expect(after.tokens).toEqual(
      (await freshly(model, target, { maxTokens: 3 }, { contextSize: 1024 })).tokens,
    );
    await context.dispose();
  });

  test("a saved state is restored without evaluation; a damaged or foreign one is refused and changes nothing", async () => {
    const model = models[architecture];
    const context = await model.createContext({ ...options, prefixCacheBytes: 0 });
    const sequence = context.getSequence();
    const target = randomTokens(createRandom(5), model, 80);
    const before = await generate(sequence, target, { maxTokens: 4 });
    const file = path.join(tiny.folder, `${architecture}.state`);
    const { fileSize } = await sequence.saveStateToFile(file);
    expect(readFileSync(file).length).toBe(fileSize);
    await sequence.clearHistory();
    await sequence.loadStateFromFile(file, { acceptRisk: true });
    expect(sequence.contextTokens).toEqual([...target, ...before.tokens.slice(0, -1)]);
    const after = await generate(sequence, [...target, ...before.tokens], { maxTokens: 4 });
    expect(sequence.lastEvaluation!.evaluatedTokens).toBe(1);
    expect(after.tokens).toEqual(
      (await freshly(model, [...target, ...before.tokens], { maxTokens: 4 }, options)).tokens,
    );

    const held = sequence.contextTokens;
    const content = readFileSync(file);
    const broken: [string, Buffer][] = [
      ["truncated", content.subarray(0, content.length - 100)],
      ["empty", Buffer.alloc(0)],
      [
        "flipped",
        Buffer.from(content.map((byte, index) => (index === content.length >> 1 ? byte ^ 1 : byte))),
      ],
    ];
    for (const [name, bytes] of broken) {
      const damaged = path.join(tiny.folder, `${architecture}-${name}.state`);
      writeFileSync(damaged, bytes);
      await expect(sequence.loadStateFromFile(damaged)).rejects.toMatchObject({ code: "state-file-invalid" });
    }
    const other = models[architecture === "llama" ? "gemma3" : "llama"];
    const foreign = await other.createContext(options);
    await expect(foreign.getSequence().loadStateFromFile(file)).rejects.toMatchObject({
      code: "state-file-mismatch",
    });
    await foreign.dispose();
    expect(sequence.contextTokens).toEqual(held);
    await context.dispose();
  });
});

describe("sharing", () => {
  const options = { contextSize: 512, sequences: 8, batchSize: 128 };

  test("eight prompts with one beginning, all at once, read it once", async () => {
    const model = models.llama;
    const context = await model.createContext(options);
    const random = createRandom(6);
    const beginning = randomTokens(random, model, 300);
    const targets = Array.from({ length: 8 }, () => [...beginning, ...randomTokens(random, model, 20)]);
    const replies = await Promise.all(
      targets.map((target) => generate(context.getSequence(), target, { maxTokens: 5 })),
    );
    // 300 once, 8 × 20, and 8 × 4 generated tokens that were evaluated to go on.
    expect(context.stats.tokens).toBeLessThanOrEqual(300 + 8 * 20 + 8 * 4);
    for (const [index, target] of targets.entries())
      expect(replies[index]!.tokens).toEqual(
        (await freshly(model, target, { maxTokens: 5 }, options)).tokens,
      );
    await context.dispose();
  });

  test("a fork holds the same tokens and evaluates nothing; both go on independently", async () => {
    const model = models.llama;
    const context = await model.createContext(options);
    const random = createRandom(7);
    const target = randomTokens(random, model, 60);
    const original = context.getSequence();
    await original.preload(target);
    const decoded = context.stats.tokens;
    const fork = await original.fork();
    expect(context.stats.tokens).toBe(decoded);
    expect(fork.contextTokens).toEqual(target);
    const [left, right] = [randomTokens(random, model, 5), randomTokens(random, model, 5)];
    const [a, b] = await Promise.all([
      generate(original, [...target, ...left], { maxTokens: 5 }),
      generate(fork, [...target, ...right], { maxTokens: 5 }),
    ]);
    expect(a.tokens).toEqual((await freshly(model, [...target, ...left], { maxTokens: 5 }, options)).tokens);
    expect(b.tokens).toEqual((await freshly(model, [...target, ...right], { maxTokens: 5 }, options)).tokens);
    await context.dispose();
  });

  test("what a disposed sequence held is given to a later one that begins alike", async () => {
    const model = models.llama;
    const context = await model.createContext({ ...options, sequences: 1 });
    const target = randomTokens(createRandom(8), model, 200);
    const first = context.getSequence();
    await first.preload(target);
    await first.dispose();
    const second = context.getSequence();
    const { tokens } = await generate(second, [...target, 5 as Token], { maxTokens: 4 });
    expect(second.lastEvaluation).toMatchObject({ sharedTokens: 200, evaluatedTokens: 1 });
    expect(tokens).toEqual((await freshly(model, [...target, 5 as Token], { maxTokens: 4 }, options)).tokens);
    await context.dispose();
  });

  test("a restarted program finds its states in the cache directory", async () => {
    const model = models.llama;
    const cacheDirectory = path.join(tiny.folder, "states");
    const target = randomTokens(createRandom(9), model, 150);
    for (const evaluated of [150, 1]) {
      const context = await model.createContext({ ...options, cacheDirectory });
      const sequence = context.getSequence();
      await generate(sequence, target, { maxTokens: 1 });
      expect(sequence.lastEvaluation!.evaluatedTokens).toBe(evaluated);
      await sequence.dispose();
      await context.dispose();
    }
  });
});

test("a program that is killed finds what it held a while before", async () => {
  const model = models.llama;
  const options = { contextSize: 1024, cacheDirectory: path.join(tiny.folder, "killed") };
  const target = randomTokens(createRandom(14), model, 400);
  const context = await model.createContext(options);
  const sequence = context.getSequence();
  await generate(sequence, target, { maxTokens: 2 });
  // Nothing is disposed: only what was written behind the reply is there for the next one.
  await sequence.preload(target);
  await sequence.store.states.written();
  const next = await model.createContext(options);
  const restarted = next.getSequence();
  await generate(restarted, [...target, 7 as Token], { maxTokens: 1 });
  expect(restarted.lastEvaluation).toMatchObject({ sharedTokens: 400, evaluatedTokens: 1 });
  await context.dispose();
  await next.dispose();
});

describe("shift mode", () => {
  test("an edit in the middle evaluates only what changed, and the ledger is the target", async () => {
    const model = models.llama;
    const random = createRandom(10);
    const context = await model.createContext({ contextSize: 1024 });
    const sequence = context.getSequence();
    const before = randomTokens(random, model, 400);
    await generate(sequence, before, { maxTokens: 1 });
    const removed = [...before.slice(0, 100), ...before.slice(150)];
    await generate(sequence, removed, { maxTokens: 1, edit: "shift" });
    expect(sequence.lastEvaluation!.evaluatedTokens).toBeLessThanOrEqual(8);
    expect(sequence.contextTokens).toEqual(removed);
    const inserted = [...removed.slice(0, 200), ...randomTokens(random, model, 12), ...removed.slice(200)];
    await generate(sequence, inserted, { maxTokens: 1, edit: "shift" });
    expect(sequence.lastEvaluation!.evaluatedTokens).toBeLessThanOrEqual(12 + 8);
    expect(sequence.contextTokens).toEqual(inserted);
    // Moved cells are not what a fresh context computes: exact mode evaluates from the first change on.
    const exact = await generate(sequence, inserted, { maxTokens: 5 });
    expect(sequence.lastEvaluation!.reusedTokens).toBeLessThanOrEqual(100);
    expect(exact.tokens).toEqual(
      (await freshly(model, inserted, { maxTokens: 5 }, { contextSize: 1024 })).tokens,
    );
    await context.dispose();
  });
});

describe("limits and ends", () => {
  test("maxTokens, a full context, and a prompt that cannot fit", async () => {
    const model = models.llama;
    const context = await model.createContext({ contextSize: 64 });
    const sequence = context.getSequence();
    const target = randomTokens(createRandom(12), model, 60);
    expect((await generate(sequence, target, { maxTokens: 0 })).finish).toEqual({ reason: "length" });
    expect((await generate(sequence, target, { maxTokens: 2 })).tokens).toHaveLength(2);
    const full = await generate(sequence, target);
    expect(full).toMatchObject({ finish: { reason: "contextFull" } });
    expect(full.tokens).toHaveLength(5);
    await expect(generate(sequence, randomTokens(createRandom(1), model, 65))).rejects.toMatchObject({
      code: "context-overflow",
    });
    await expect(generate(sequence, [])).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(generate(sequence, [-1 as Token])).rejects.toMatchObject({ code: "invalid-argument" });
    await context.dispose();
  });

  test("dispose during a prompt ends it with an error; model before context is safe", async () => {
    const model = await tiny.llama.loadModel({ modelPath: models.llama.modelPath });
    const context = await model.createContext({ contextSize: 2048, batchSize: 32 });
    const sequence = context.getSequence();
    const running = generate(sequence, randomTokens(createRandom(2), model, 2000));
    while (sequence.nextTokenIndex === 0) await new Promise((resolve) => setImmediate(resolve));
    await Promise.all([expect(running).rejects.toMatchObject({ code: "disposed" }), model.dispose()]);
    expect([sequence.disposed, context.disposed, model.disposed]).toEqual([true, true, true]);
    await context.dispose();
    await expect(generate(sequence, [1 as Token])).rejects.toMatchObject({ code: "disposed" });
    expect(() => model.tokenize("x")).toThrow(expect.objectContaining({ code: "disposed" }));
  });

  test("a predictor that the engine does not have is refused by name", async () => {
    const context = await models.llama.createContext({ contextSize: 64 });
    expect(() => context.getSequence({ tokenPredictor: {} as never })).toThrow(
      expect.objectContaining({ code: "unsupported", message: expect.stringContaining("tokenPredictor") }),
    );
    expect(context.sequencesLeft).toBe(1);
    await context.dispose();
  });

  test("leaving the loop stops; calls on one sequence run one after the other", async () => {
    const model = models.llama;
    const context = await model.createContext({ contextSize: 128 });
    const sequence = context.getSequence();
    const target = randomTokens(createRandom(13), model, 20);
    for await (const _ of sequence.generate(target)) break;
    const [a, b] = await Promise.all([
      generate(sequence, target, { maxTokens: 8 }),
      generate(sequence, target, { maxTokens: 8 }),
    ]);
    expect(a.tokens).toEqual(b.tokens);
    expect(() => context.getSequence()).toThrow(expect.objectContaining({ code: "range" }));
    await context.dispose();
  });
});

test("a saved state whose cells were moved is not exact after it was loaded", async () => {
  const model = models.llama;
  const context = await model.createContext({ contextSize: 256, prefixCacheBytes: 0 });
  const sequence = context.getSequence();
  const before = randomTokens(createRandom(15), model, 200);
  await sequence.preload(before);
  const removed = [...before.slice(0, 50), ...before.slice(90)];
  await sequence.preload(removed, { edit: "shift" });
  const file = path.join(tiny.folder, "moved.state");
  await sequence.saveStateToFile(file);
  await sequence.loadStateFromFile(file);
  expect(sequence.contextTokens).toEqual(removed);
  await sequence.preload([...removed, 5 as Token]);
  expect(sequence.lastEvaluation!.reusedTokens).toBe(50);
  await context.dispose();
});
