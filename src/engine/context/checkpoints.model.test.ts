import { describe, expect, test, vi } from "vitest";
import { generate, loadTinyModels } from "../../../test/gguf/loaded-tiny-models.ts";
import type { LlamaModel } from "../model/llama-model.ts";
import type { Token } from "../token.ts";
import { Checkpoints } from "./checkpoints.ts";
import type { LlamaContextSequence } from "./llama-context-sequence.ts";

const { models } = loadTinyModels(["gemma3", "mamba", "jamba"]);
const tokensOf = (length: number, seed = 1): Token[] =>
  Array.from({ length }, (_, index) => (10 + ((index * 7 + seed * 13 + (index >> 5)) % 200)) as Token);
/** What a fresh context answers. */
async function freshly(model: LlamaModel, target: readonly Token[], swaFullCache: boolean) {
  const context = await model.createContext({ contextSize: 2048, prefixCacheBytes: 0, swaFullCache });
  const { tokens } = await generate(context.getSequence(), target, { maxTokens: 8 });
  await context.dispose();
  return tokens;
}

/** Aborts when the `count`th decode from now on enters its thread: none of it is finished, however fast the machine is. */
function abortDuringDecode({ store }: LlamaContextSequence, count: number): AbortSignal {
  const { llama_decode } = store.setup.functions;
  const controller = new AbortController();
  const decode = llama_decode.async;
  let left = count;
  const spy = vi.spyOn(llama_decode, "async").mockImplementation((...args) => {
    if (--left === 0) {
      controller.abort(new Error("enough"));
      spy.mockRestore();
    }
    return decode(...args);
  });
  return controller.signal;
}

// Of gemma3 only with a small window cache, which cannot be cut either.
describe.each(["gemma3", "mamba", "jamba"] as const)("%s", (architecture) => {
  const create = () =>
    models[architecture].createContext({
      contextSize: 2048,
      batchSize: 256,
      prefixCacheBytes: 0,
      swaFullCache: false,
    });

  test("an abort in a long prompt loses what was read behind the last checkpoint, and no more", async () => {
    const model = models[architecture];
    const context = await create();
    const target = tokensOf(1500);
    const expected = await freshly(model, target, false);
    for (const [batches, kept] of [
      [1, 0],
      [2, 0],
      [3, 512],
      [4, 512],
      [5, 1024],
    ] as const) {
      const sequence = context.getSequence({ checkpoints: { interval: 512 } });
      expect(sequence.needsCheckpoints).toBe(true);
      const before = context.stats.tokens;
      const signal = abortDuringDecode(sequence, batches);
      await expect(sequence.preload(target, { signal })).rejects.toThrow("enough");
      // The last batch was cut short.
      expect(context.stats.tokens - before).toBe(256 * batches);
      expect(sequence.contextTokens).toEqual(target.slice(0, kept));
      const { tokens } = await generate(sequence, target, { maxTokens: 8 });
      expect(sequence.lastEvaluation).toMatchObject({ reusedTokens: kept, evaluatedTokens: 1500 - kept });
      expect(tokens).toEqual(expected);
      await sequence.dispose();
    }
    await context.dispose();
  });

  test("an abort in a second prompt keeps what the first one left", async () => {
    const context = await create();
    const sequence = context.getSequence();
    const { tokens } = await generate(sequence, tokensOf(300), { maxTokens: 40 });
    const next = [...tokensOf(300), ...tokens, ...tokensOf(700, 3)];
    const signal = abortDuringDecode(sequence, 1);
    await expect(sequence.preload(next, { signal })).rejects.toThrow("enough");
    expect(sequence.contextTokens).toEqual(next.slice(0, 299));
    const answer = await generate(sequence, next, { maxTokens: 8 });
    expect(sequence.lastEvaluation).toMatchObject({ reusedTokens: 299, evaluatedTokens: 1040 - 299 });
    expect(answer.tokens).toEqual(await freshly(models[architecture], next, false));
    await context.dispose();
  });

  test("an abort behind a state that was restored goes back to that", async () => {
    const context = await models[architecture].createContext({
      contextSize: 2048,
      batchSize: 256,
      swaFullCache: false,
    });
    const first = context.getSequence();
    await first.preload(tokensOf(300));
    await first.dispose();
    const second = context.getSequence();
    const next = tokensOf(900);
    const signal = abortDuringDecode(second, 1);
    await expect(second.preload(next, { signal })).rejects.toThrow("enough");
    expect(second.contextTokens).toEqual(next.slice(0, 300));
    const { tokens } = await generate(second, next, { maxTokens: 8 });
    expect(second.lastEvaluation).toMatchObject({ reusedTokens: 300, evaluatedTokens: 600 });
    expect(tokens).toEqual(await freshly(models[architecture], next, false));
    await context.dispose();
  });

  test("an abort in a reply keeps all of it", async () => {
    const context = await create();
    const sequence = context.getSequence();
    const target = tokensOf(100);
    await sequence.preload(target.slice(0, -1));
    // The prompt's last token, and nineteen of the reply.
    const signal = abortDuringDecode(sequence, 20);
    const { tokens, finish } = await generate(sequence, target, { signal });
    expect(finish).toEqual({ reason: "abort" });
    expect(sequence.contextTokens).toEqual([...target, ...tokens].slice(0, 119));
    const answer = await generate(sequence, [...target, ...tokens], { maxTokens: 8 });
    expect(sequence.lastEvaluation!.evaluatedTokens).toBe(target.length + tokens.length - 119);
    expect(answer.tokens).toEqual(await freshly(models[architecture], [...target, ...tokens], false));
    await context.dispose();
  });
});

test("how many are kept, and how often they are taken, is bounded by the options", async () => {
  const context = await models.mamba.createContext({ contextSize: 2048, batchSize: 64, sequences: 2 });
  const every = context.getSequence({ checkpoints: { interval: 100, max: 4 } });
  await every.preload(tokensOf(1001));
  expect(every.held.checkpoints.lengths).toEqual([800, 900, 1000, 1001]);
  const ends = context.getSequence({ checkpoints: { interval: false } });
  await ends.preload(tokensOf(1001, 2));
  expect(ends.held.checkpoints.lengths).toEqual([1000, 1001]);
  await context.dispose();
  for (const wrong of [{ max: 0 }, { maxMemory: -1 }, { interval: 0 }, { interval: 1.5 }])
    expect(() => new Checkpoints(wrong)).toThrow(expect.objectContaining({ code: "invalid-argument" }));
});
