import { describe, expect, test } from "vitest";
import { generate, loadTinyModels } from "../../../test/gguf/loaded-tiny-models.ts";
import type { TinyArchitecture } from "../../../test/gguf/tiny-model.ts";
import type { LlamaContextOptions } from "../context/context-options.ts";
import type { LlamaContextSequence, SequenceOptions } from "../context/llama-context-sequence.ts";
import type { GenerateOptions } from "../context-sequence.ts";
import { LlamaGrammar } from "../llama-grammar.ts";
import type { LlamaModel } from "../model/llama-model.ts";
import type { Token } from "../token.ts";
import { LlamaGrammarEvaluationState } from "./llama-grammar-evaluation-state.ts";

const architectures: readonly TinyArchitecture[] = ["llama", "gemma3", "mamba"];
const tiny = loadTinyModels(architectures);
const { models } = tiny;

async function fresh(model: LlamaModel, options: LlamaContextOptions = {}, sequence: SequenceOptions = {}) {
  const context = await model.createContext({ contextSize: 256, prefixCacheBytes: 0, ...options });
  return context.getSequence(sequence);
}

/** So many tokens of an ordinary text. */
function textTokens(model: LlamaModel, count: number): Token[] {
  const text = "hello world and the user, and the system sat; what is hello? ";
  return model.tokenize(text.repeat(count)).slice(0, count);
}

async function take<T>(source: AsyncIterable<T>, count: number): Promise<T[]> {
  const items: T[] = [];
  for await (const item of source) if (items.push(item) === count) break;
  return items;
}

/** What `generate()` of a fresh context goes on with. */
async function generated(
  model: LlamaModel,
  target: readonly Token[],
  options: GenerateOptions,
): Promise<Token[]> {
  const sequence = await fresh(model);
  const { tokens } = await generate(sequence, target, options);
  await sequence.context.dispose();
  return tokens;
}

describe.each(architectures)("evaluate on %s", (architecture) => {
  test("continues as generate() does, from what was put in piece by piece", async () => {
    const model = models[architecture];
    const [first, second] = [model.tokenize("hello world and "), model.tokenize("the user")];
    for (const sampling of [{}, { temperature: 1, seed: 5, topK: 20 }]) {
      const sequence = await fresh(model);
      await sequence.evaluateWithoutGeneratingNewTokens(first);
      expect(sequence.contextTokens).toEqual(first);
      const tokens = await take(sequence.evaluate(second, sampling), 12);
      expect(tokens).toEqual(await generated(model, [...first, ...second], { sampling, maxTokens: 12 }));
      // The last one was not asked to be gone on from.
      expect(sequence.contextTokens).toEqual([...first, ...second, ...tokens.slice(0, -1)]);
      await sequence.context.dispose();
    }
  });

  test("erasing and adapting leave what fresh evaluation of the same tokens gives", async () => {
    const model = models[architecture];
    const tokens = textTokens(model, 20);
    const sequence = await fresh(model);
    await sequence.evaluateWithoutGeneratingNewTokens(tokens);
    await sequence.eraseContextTokenRanges([{ start: 8, end: 99 }]);
    expect(sequence.contextTokens).toEqual(tokens.slice(0, 8));
    expect(await take(sequence.evaluate(tokens.slice(8, 12)), 6)).toEqual(
      await generated(model, tokens.slice(0, 12), { maxTokens: 6 }),
    );
    await sequence.adaptStateToTokens(tokens, false);
    const { nextTokenIndex } = sequence;
    expect(sequence.contextTokens).toEqual(tokens.slice(0, nextTokenIndex));
    if (architecture !== "mamba") expect(nextTokenIndex).toBe(12);
    expect(await take(sequence.evaluate(tokens.slice(nextTokenIndex)), 6)).toEqual(
      await generated(model, tokens, { maxTokens: 6 }),
    );
    await sequence.context.dispose();
  });

  test("a full sequence is shifted and goes on; the context is never exceeded", async () => {
    const model = models[architecture];
    const sequence = await fresh(model, { contextSize: 32 }, { contextShift: { size: 10 } });
    const tokens = textTokens(model, 30);
    for await (const token of sequence.evaluate(tokens)) {
      expect(sequence.nextTokenIndex).toBeLessThanOrEqual(32);
      if (sequence.tokenMeter.usedOutputTokens >= 30) break;
      expect(token).toBeGreaterThanOrEqual(0);
    }
    await sequence.context.dispose();
  });
});

describe("evaluate", () => {
  const model = () => models.llama;

  test("other tokens take the place of a yielded one", async () => {
    const start = model().tokenize("hello");
    const other = model().tokenize(" world and the");
    const sequence = await fresh(model());
    const iterator = sequence.evaluate(start);
    const first = (await iterator.next()).value as Token;
    expect([first]).toEqual(await generated(model(), start, { maxTokens: 1 }));
    const second = (await iterator.next(other)).value as Token;
    expect([second]).toEqual(await generated(model(), [...start, ...other], { maxTokens: 1 }));
    const third = (await iterator.next(other[0])).value as Token;
    expect([third]).toEqual(await generated(model(), [...start, ...other, other[0]!], { maxTokens: 1 }));
    await iterator.return();
    expect(sequence.contextTokens).toEqual([...start, ...other, other[0]]);
    await sequence.context.dispose();
  });

  test("a grammar holds, ends the loop, and its clone goes on from the same place", async () => {
    const grammar = new LlamaGrammar({ grammar: 'root ::= "yes, " ("hello" | "no") "."' });
    const state = new LlamaGrammarEvaluationState({ model: model(), grammar });
    const sequence = await fresh(model());
    const begun = await take(
      sequence.evaluate(model().tokenize("hello"), { grammarEvaluationState: state }),
      2,
    );
    const rest: Token[] = [];
    const clone = state.clone();
    for await (const token of sequence.evaluate([begun.at(-1)!], { grammarEvaluationState: () => clone }))
      rest.push(token);
    expect(model().detokenize([...begun, ...rest])).toMatch(/^yes, (hello|no)\.$/);
    // The clone came to the end, the first state did not.
    expect(state.matcher.mustEnd).toBe(false);
    expect(() => new LlamaGrammarEvaluationState({} as never)).toThrow(/takes \{model, grammar\}/);
    await sequence.context.dispose();
  });

  test("an end token ends the loop, or is yielded when asked for", async () => {
    const eos = model().tokens.eos!;
    const tokenBias = new Map([[eos, 1e6]]);
    const sequence = await fresh(model());
    expect(await take(sequence.evaluate(model().tokenize("hello"), { tokenBias }), 3)).toEqual([]);
    const ends = sequence.evaluate(model().tokenize("hello"), { tokenBias, yieldEogToken: true });
    expect(await take(ends, 2)).toEqual([eos, eos]);
    await sequence.context.dispose();
  });

  test("confidence and probabilities are those of the model, and of the draw", async () => {
    const target = model().tokenize("hello world");
    const twin = await fresh(model());
    const step = await twin.generate(target, { logprobs: model().vocabularySize }).next();
    const { token, logprobs } = step.value as unknown as {
      token: Token;
      logprobs: { token: number; top: [Token, number][] };
    };
    const sequence = await fresh(model());
    const [greedy] = await take(
      sequence.evaluateWithMetadata(target, { confidence: true, probabilities: true }),
      1,
    );
    expect(greedy!.token).toBe(token);
    expect(greedy!.confidence).toBeCloseTo(Math.exp(logprobs.token), 4);
    expect(greedy!.probabilities.size).toBe(model().vocabularySize);
    expect([...greedy!.probabilities.keys()][0]).toBe(token);
    for (const [other, value] of logprobs.top.slice(0, 5))
      expect(greedy!.probabilities.get(other)).toBeCloseTo(Math.exp(value), 4);
    await sequence.clearHistory();
    const options = { temperature: 0.5, topK: 3, topP: 1, seed: 1 };
    const [drawn] = await take(sequence.evaluateWithMetadata(target, { probabilities: true }, options), 1);
    expect("confidence" in drawn!).toBe(false);
    const best = logprobs.top.slice(0, 3).map(([, value]) => Math.exp(value / 0.5));
    const total = best.reduce((sum, value) => sum + value, 0);
    for (const [index, value] of [...drawn!.probabilities.values()].entries())
      expect(value).toBeCloseTo(best[index]! / total, 4);
    expect(drawn!.probabilities.size).toBe(3);
    await sequence.context.dispose();
    await twin.context.dispose();
  });

  test("no tokens, foreign tokens and a disposed sequence", async () => {
    const sequence = await fresh(model());
    expect(await take(sequence.evaluate([]), 1)).toEqual([]);
    await expect(sequence.evaluate([-1 as Token]).next()).rejects.toMatchObject({ code: "invalid-argument" });
    await expect(sequence.evaluate([1 as Token], { topP: 2 }).next()).rejects.toMatchObject({
      code: "invalid-argument",
    });
    const iterator = sequence.evaluate([5 as Token]);
    await iterator.next();
    expect(sequence.isLoadedToMemory).toBe(true);
    await sequence.dispose();
    expect(sequence.isLoadedToMemory).toBe(false);
    await expect(iterator.next()).rejects.toMatchObject({ code: "disposed" });
    await expect(sequence.eraseContextTokenRanges([])).rejects.toMatchObject({ code: "disposed" });
    await sequence.context.dispose();
  });
});

describe("erasing", () => {
  test("tokens behind an erased range are moved, not evaluated", async () => {
    const model = models.llama;
    const tokens = textTokens(model, 80);
    const sequence = await fresh(model);
    await sequence.evaluateWithoutGeneratingNewTokens(tokens);
    await sequence.eraseContextTokenRanges([{ start: 2, end: 7 }]);
    expect(sequence.contextTokens).toEqual([...tokens.slice(0, 2), ...tokens.slice(7)]);
    // The last one is read again, for its logits.
    expect(sequence.lastEvaluation).toMatchObject({ reusedTokens: 2, movedTokens: 72, evaluatedTokens: 1 });
    expect(sequence.compareContextTokens(tokens)).toEqual({ firstDifferentIndex: 2 });
    await sequence.adaptStateToTokens([...tokens.slice(0, 2), ...tokens.slice(9), 3 as Token]);
    expect(sequence.contextTokens).toEqual([...tokens.slice(0, 2), ...tokens.slice(9)]);
    expect(sequence.lastEvaluation!.evaluatedTokens).toBeLessThanOrEqual(1);
    await sequence.adaptStateToTokens([tokens[1]!], false);
    expect(sequence.contextTokens).toEqual([]);
    expect(sequence.stateCellsStartIndex).toBe(-1);
    await sequence.context.dispose();
  });

  test("the shift's function says what goes; a function that erases nothing gives way to the default", async () => {
    const model = models.llama;
    const tokens = textTokens(model, 32);
    const calls: number[] = [];
    const sequence = await fresh(model, { contextSize: 32 });
    const strategy = async ({ size, sequence: full }: { size: number; sequence: LlamaContextSequence }) => {
      expect(full).toBe(sequence);
      calls.push(size);
      return calls.length === 1 ? [{ start: 4, end: 9 }] : [];
    };
    const contextShift = { size: () => 3, strategy };
    await sequence.evaluateWithoutGeneratingNewTokens(tokens, { contextShift });
    expect(calls).toEqual([]);
    await sequence.evaluateWithoutGeneratingNewTokens(tokens.slice(0, 6), { contextShift });
    const afterFirst = [...tokens.slice(0, 4), ...tokens.slice(9), ...tokens.slice(0, 5)];
    expect(calls).toEqual([3, 3]);
    expect(sequence.contextTokens).toEqual([...afterFirst.slice(3), tokens[5]]);
    await sequence.context.dispose();
  });
});

describe("controlledEvaluate", () => {
  test("tells what would come after each token, as evaluate() does one by one", async () => {
    const model = models.llama;
    const tokens = model.tokenize("hello world and the user and the system");
    const asked = tokens.map((_, index) => index % 3 !== 1);
    const sequence = await fresh(model);
    const seen: number[] = [];
    const results = await sequence.controlledEvaluate(
      tokens.map((token, index) =>
        asked[index] ? [token, { generateNext: { token: true, confidence: true } }] : token,
      ),
      { onTokenResult: (index) => seen.push(index) },
    );
    expect(sequence.contextTokens).toEqual(tokens);
    expect(results).toHaveLength(tokens.length);
    expect(seen).toEqual(tokens.flatMap((_, index) => (asked[index] ? [index] : [])));
    const twin = await fresh(model);
    for (const [index, token] of tokens.entries()) {
      const [alone] = await take(twin.evaluateWithMetadata([token], { confidence: true }), 1);
      if (!asked[index]) expect(results[index]).toBeUndefined();
      else {
        expect(results[index]!.next.token).toBe(alone!.token);
        expect(results[index]!.next.confidence).toBeCloseTo(alone!.confidence, 2);
      }
    }
    await sequence.context.dispose();
    await twin.context.dispose();
  });

  test("logits by filter, their weight, and probabilities agree", async () => {
    const model = models.llama;
    const sequence = await fresh(model);
    const token = model.tokenize("h")[0]!;
    const ask = async (generateNext: object) => {
      await sequence.clearHistory();
      const [result] = await sequence.controlledEvaluate([[token, { generateNext }]]);
      return result!.next;
    };
    const all = await ask({ logits: true, probabilities: true, totalLogitWeight: true, confidence: true });
    expect("token" in all).toBe(false);
    const logits = [...all.logits!];
    expect(logits).toHaveLength(model.vocabularySize);
    const highest = logits[0]![1];
    const weight = logits.reduce((sum, [, logit]) => sum + Math.exp(logit - highest), 0);
    expect(all.totalLogitWeight).toBeCloseTo(weight, 6);
    expect(all.confidence).toBeCloseTo(1 / weight, 6);
    expect([...all.probabilities!.values()].reduce((sum, value) => sum + value, 0)).toBeCloseTo(1, 6);
    const filter = { tokens: [logits[9]![0]], includeTop: 2, includeMin: true, includeSelected: true };
    const some = await ask({ logits: { filter } });
    expect([...some.logits!.keys()]).toEqual([
      logits[0]![0],
      logits[1]![0],
      logits[9]![0],
      logits.at(-1)![0],
    ]);
    expect([...(await ask({ logits: { filter: { tokens: [], includeMax: true } } })).logits!.keys()]).toEqual(
      [logits[0]![0]],
    );
    await sequence.context.dispose();
  });
});

describe("what a sequence and its context tell", () => {
  test("checkpoints, where the state cannot be cut", async () => {
    const plain = await fresh(models.llama);
    expect(plain.needsCheckpoints).toBe(false);
    await plain.takeCheckpoint();
    expect(plain.checkpointsMemoryUsage).toBe(0);
    const recurrent = await fresh(models.mamba);
    const tokens = textTokens(models.mamba, 20);
    expect(recurrent.needsCheckpoints).toBe(true);
    expect(recurrent.lastCheckpointIndex).toBe(0);
    await recurrent.evaluateWithoutGeneratingNewTokens(tokens.slice(0, 7));
    await recurrent.takeCheckpoint();
    expect(recurrent.lastCheckpointIndex).toBe(6);
    expect(recurrent.checkpointsMemoryUsage).toBeGreaterThan(0);
    await recurrent.evaluateWithoutGeneratingNewTokens(tokens.slice(7));
    const before = recurrent.tokenMeter.usedInputTokens;
    await recurrent.adaptStateToTokens([...tokens.slice(0, 8), 3 as Token]);
    expect(recurrent.contextTokens).toEqual(tokens.slice(0, 7));
    expect(recurrent.tokenMeter.usedInputTokens).toBe(before);
    const few = await fresh(models.mamba, {}, { checkpoints: { max: 2 } });
    const bytes: number[] = [];
    for (const token of tokens.slice(0, 4)) {
      await few.evaluateWithoutGeneratingNewTokens([token]);
      await few.takeCheckpoint();
      bytes.push(few.checkpointsMemoryUsage);
    }
    expect(bytes.map((value) => value / bytes[0]!)).toEqual([1, 2, 2, 2]);
    expect(few.lastCheckpointIndex).toBe(3);
    const { context } = few;
    await few.dispose();
    expect(() => context.getSequence({ checkpoints: { max: 0 } })).toThrow(/max: 1 or more/);
    expect(context.sequencesLeft).toBe(1);
    await Promise.all([plain.context.dispose(), recurrent.context.dispose(), context.dispose()]);
  });

  test("quantised values without flash attention are refused for what they are", async () => {
    for (const kvCacheValueType of ["Q8_0", "Q4_1"] as const)
      await expect(
        models.llama.createContext({ contextSize: 64, flashAttention: false, kvCacheValueType }),
      ).rejects.toMatchObject({
        code: "invalid-argument",
        message: expect.stringContaining("flash attention"),
      });
    const { context } = await fresh(models.llama, { flashAttention: false, kvCacheValueType: "BF16" });
    expect(context.kvCacheValueType).toBe("BF16");
  });

  test("cache types, memory and timings", async () => {
    const { context } = await fresh(models.llama, { kvCacheKeyType: "F32" });
    expect([context.kvCacheKeyType, context.kvCacheValueType]).toEqual(["F32", "F16"]);
    const larger = await models.llama.createContext({ contextSize: 2048 });
    expect(context.memoryUsage.vram).toBe(0);
    expect(larger.memoryUsage.ram).toBeGreaterThan(context.memoryUsage.ram);
    context.dispatchPendingBatch();
    const lines: string[] = [];
    const { llama } = tiny;
    const { logLevel, logger } = llama;
    llama.logLevel = "info";
    llama.logger = (_, message) => lines.push(message);
    const { stats } = larger;
    await larger.printTimings();
    await larger.getSequence().evaluateWithoutGeneratingNewTokens(models.llama.tokenize("hello"));
    await larger.printTimings();
    Object.assign(llama, { logLevel, logger });
    const printed = lines.filter((line) => / tokens per second$/.test(line));
    expect(stats.tokens).toBe(0);
    expect(printed.map((line) => line.split(",")[0])).toEqual([
      "0 tokens in 0 evaluations",
      `${models.llama.tokenize("hello").length} tokens in 1 evaluations`,
    ]);
    await Promise.all([context.dispose(), larger.dispose()]);
  });
});
