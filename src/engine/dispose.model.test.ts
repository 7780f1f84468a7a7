import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { seededRandom } from "../../test/fake/seeded-random.ts";
import { type TinyArchitecture, tinyModel } from "../../test/gguf/tiny-model.ts";
import { writeGguf } from "../../test/gguf/write-gguf.ts";
import type { LlamaContextSequence } from "./context/llama-context-sequence.ts";
import { getLlama, type Llama } from "./llama.ts";
import type { LlamaModel } from "./model/llama-model.ts";
import type { Token } from "./token.ts";

const architectures: readonly TinyArchitecture[] = ["llama", "gemma3", "mamba"];
let folder: string;
let llama: Llama;
const pathOf = (architecture: TinyArchitecture) => path.join(folder, `${architecture}.gguf`);
const load = (architecture: TinyArchitecture) => llama.loadModel({ modelPath: pathOf(architecture) });

beforeAll(async () => {
  folder = mkdtempSync(path.join(tmpdir(), "colloquy-"));
  llama = await getLlama({ gpu: false, maxThreads: 1 });
  for (const architecture of architectures) writeGguf(pathOf(architecture), tinyModel({ architecture }));
});
afterAll(async () => {
  await llama.dispose();
  rmSync(folder, { recursive: true });
});

const tokensOf = (length: number, seed = 1): Token[] =>
  Array.from({ length }, (_, index) => (10 + ((index * 7 + seed * 13) % 200)) as Token);

async function generate(sequence: LlamaContextSequence, target: Token[], maxTokens: number) {
  const tokens: Token[] = [];
  for await (const { token } of sequence.generate(target, { maxTokens })) tokens.push(token);
  return tokens;
}

/** The log probability of the best token behind `target`: what a damaged cache changes first. */
async function firstProbability(sequence: LlamaContextSequence, target: Token[]): Promise<number> {
  for await (const { logprobs } of sequence.generate(target, { maxTokens: 1, logprobs: 1 }))
    return logprobs!.token;
  return Number.NaN;
}

/** Ends of calls that were disposed in the middle: done, or a `disposed` error; anything else fails the test. */
const settled = (promise: Promise<unknown>) =>
  promise.catch((error) => expect(error.code, String(error.stack)).toBe("disposed"));

describe.each(architectures)("%s", (architecture) => {
  let model: LlamaModel;
  beforeAll(async () => {
    model = await load(architecture);
  });
  afterAll(() => model.dispose());

  test("an aborted prompt leaves a sequence that answers as a fresh one does", async () => {
    const context = await model.createContext({ contextSize: 512, batchSize: 64, prefixCacheBytes: 0 });
    const sequence = context.getSequence();
    const twinContext = await model.createContext({ contextSize: 512, batchSize: 64 });
    const twin = twinContext.getSequence();
    const expected = await firstProbability(twin, tokensOf(300));
    let aborted = 0;
    for (let round = 0; round < 16; round++) {
      const controller = new AbortController();
      const { decodes } = context.stats;
      const prompt = sequence.preload(tokensOf(300), { signal: controller.signal }).then(
        () => "read",
        (error) => error.message,
      );
      // Within the second to the fourth batch.
      const started = decodes + 1 + (round % 3);
      const over = prompt.then(() => true);
      while (context.stats.decodes < started)
        if (await Promise.race([over, new Promise((resolve) => setImmediate(resolve))])) break;
      for (let turn = 0; turn < 1 + (round % 4); turn++)
        await new Promise((resolve) => setImmediate(resolve));
      controller.abort(new Error("enough"));
      if ((await prompt) === "enough") aborted++;
      expect(Math.abs((await firstProbability(sequence, tokensOf(300))) - expected)).toBeLessThan(0.001);
      await sequence.clearHistory();
    }
    expect(aborted).toBeGreaterThan(0);
    await Promise.all([context.dispose(), twinContext.dispose()]);
  });

  test("batches smaller than a step, many sequences with few tokens in a batch", async () => {
    const small = await model.createContext({ contextSize: 64, batchSize: 1 });
    expect(await generate(small.getSequence(), tokensOf(20), 6)).toHaveLength(6);
    await small.dispose();
    const many = await model.createContext({ contextSize: 16, batchSize: 8, sequences: 60 });
    const sequences = Array.from({ length: 60 }, () => many.getSequence());
    const all = await Promise.all(
      sequences.map((sequence, index) => generate(sequence, tokensOf(6, index), 3)),
    );
    expect(all.every((tokens) => tokens.length <= 3)).toBe(true);
    await many.dispose();
  });
});

test("disposal in every order, while prompts are read and replies are written", async () => {
  const random = seededRandom(17);
  const below = (end: number) => Math.floor(random() * end);
  for (let round = 0; round < 30; round++) {
    const model = await load(architectures[below(3)]!);
    const context = await model.createContext({ contextSize: 512, sequences: 3, batchSize: 32 });
    const sequences = [0, 1, 2].map(() => context.getSequence());
    const calls = sequences.flatMap((sequence, index) => [
      settled(generate(sequence, tokensOf(20 + below(400), index), 20)),
      settled(sequence.preload(tokensOf(30 + below(100), below(3)))),
      settled(sequence.clearHistory()),
    ]);
    for (let turn = below(12); turn > 0; turn--) await new Promise((resolve) => setImmediate(resolve));
    const things = [model, context, ...sequences].sort(() => random() - 0.5);
    await Promise.all(things.slice(below(4)).map((thing) => thing.dispose()));
    await Promise.all([...calls, model.dispose()]);
    expect([model, context, ...sequences].every(({ disposed }) => disposed)).toBe(true);
  }
});

test("a reply that nobody reads on does not hold up its disposal", async () => {
  const model = await load("llama");
  const context = await model.createContext({ contextSize: 128 });
  const sequence = context.getSequence();
  const reply = sequence.generate(tokensOf(10), { maxTokens: 20 });
  await reply.next();
  const waiting = settled(sequence.preload(tokensOf(20)));
  await context.dispose();
  expect((await reply.next()).done).toBe(true);
  await waiting;
  await model.dispose();
});

test("disposing from inside the loop that reads the reply", async () => {
  const model = await load("llama");
  const context = await model.createContext({ contextSize: 128 });
  const seen: Token[] = [];
  for await (const { token } of context.getSequence().generate(tokensOf(10), { maxTokens: 20 })) {
    seen.push(token);
    await model.dispose();
  }
  expect(seen).toHaveLength(1);
});

test("a model disposed while its contexts are being made", async () => {
  for (let round = 0; round < 5; round++) {
    const model = await load("llama");
    const contexts = [1, 2].map(() => settled(model.createContext({ contextSize: 128 })));
    for (let turn = 0; turn < round; turn++) await Promise.resolve();
    await model.dispose();
    await Promise.all(contexts);
  }
});

test("a state file that is read while its sequence is disposed touches nothing", async () => {
  const model = await load("llama");
  const context = await model.createContext({ contextSize: 128, sequences: 1 });
  const file = path.join(folder, "chat.state");
  const sequence = context.getSequence();
  await sequence.preload(tokensOf(50));
  await sequence.saveStateToFile(file);
  const loading = sequence.loadStateFromFile(file);
  await sequence.dispose();
  await expect(loading).rejects.toMatchObject({ code: "disposed" });
  const next = context.getSequence();
  expect(next.contextTokens).toEqual([]);
  expect((await generate(next, tokensOf(20, 5), 3)).length).toBeGreaterThan(0);
  await model.dispose();
});

test("a listener of the loading that throws ends it with its error", async () => {
  const broken = llama.loadModel({
    modelPath: pathOf("llama"),
    onLoadProgress: () => {
      throw new Error("listener");
    },
  });
  await expect(broken).rejects.toThrow("listener");
});

test("a logger that throws does no harm", async () => {
  llama.logger = () => {
    throw new Error("logger");
  };
  llama.logLevel = "debug";
  try {
    const model = await load("llama");
    await (await model.createContext({ contextSize: 64 })).dispose();
    await model.dispose();
  } finally {
    llama.logLevel = "disabled";
  }
});

test("a folder for states that cannot be written costs no prompt, and is said once", async () => {
  const warnings: string[] = [];
  const { logger, logLevel } = llama;
  llama.logger = (level, message) => level === "warn" && warnings.push(message);
  llama.logLevel = "warn";
  const model = await load("llama");
  const context = await model.createContext({
    contextSize: 256,
    cacheDirectory: path.join(pathOf("llama"), "no-folder"),
  });
  for (const seed of [1, 2, 3]) {
    const sequence = context.getSequence();
    expect((await generate(sequence, tokensOf(100, seed), 3)).length).toBeGreaterThan(0);
    await sequence.clearHistory();
    expect(sequence.contextTokens).toEqual([]);
    await sequence.dispose();
  }
  Object.assign(llama, { logger, logLevel });
  expect(
    warnings.filter((message) => /cacheDirectory.*cannot keep states.*ENOTDIR/.test(message)),
  ).toHaveLength(1);
  await model.dispose();
});

test("three hundred prompts and disposals do not grow", async () => {
  const model = await load("llama");
  const round = async (seed: number) => {
    const context = await model.createContext({ contextSize: 256, sequences: 2 });
    const [one, two] = [context.getSequence(), context.getSequence()];
    await generate(one, tokensOf(80, seed), 2);
    await two.preload(tokensOf(80, seed + 1));
    if (seed % 2 === 0) await one.dispose();
    await context.dispose();
  };
  for (let index = 0; index < 100; index++) await round(index);
  const before = process.memoryUsage.rss();
  for (let index = 0; index < 200; index++) await round(index);
  const perRound = (process.memoryUsage.rss() - before) / 200;
  // A leaked context would be 200 kB and more a round.
  expect(perRound).toBeLessThan(100_000);
  await model.dispose();
});

test("a thousand sequences, each asked once and disposed, do not grow", async () => {
  const model = await load("llama");
  const context = await model.createContext({ contextSize: 128, sequences: 2 });
  const round = async (seed: number) => {
    const sequence = context.getSequence();
    expect(await generate(sequence, tokensOf(70, seed % 7), 2)).toHaveLength(2);
    await sequence.dispose();
  };
  for (let index = 0; index < 500; index++) await round(index);
  const before = process.memoryUsage.rss();
  for (let index = 0; index < 500; index++) await round(index);
  // A state that is not given back would be 20 kB and more a round.
  expect((process.memoryUsage.rss() - before) / 500).toBeLessThan(15_000);
  expect(context.stats).toMatchObject({ queued: 0, sequences: 0, heldTokens: 0 });
  await model.dispose();
});

test("a thousand prompts that wait for a few sequences are answered in order", async () => {
  const model = await load("llama");
  const context = await model.createContext({ contextSize: 64, sequences: 4 });
  const sequences = [0, 1, 2, 3].map(() => context.getSequence());
  const answered = sequences.map((): number[] => []);
  await Promise.all(
    Array.from({ length: 1000 }, async (_, index) => {
      const which = index % 4;
      expect(await generate(sequences[which]!, tokensOf(10, index), 1)).toHaveLength(1);
      answered[which]!.push(index);
    }),
  );
  for (const order of answered) {
    expect(order).toHaveLength(250);
    expect(order).toEqual([...order].sort((a, b) => a - b));
  }
  await model.dispose();
});
