import type { GrammarMatcher } from "../../grammar/matcher.ts";
import type { GeneratedToken, GenerateFinish } from "../context-sequence.ts";
import type { Drafter } from "../drafts/drafter.ts";
import type { SampledToken, Sampler } from "../sampling/sampler.ts";
import type { Token } from "../token.ts";

/** The logits after the tokens of a step that have some, the first one's at 0. */
export type LogitRows = (index: number) => Float32Array;

/** What the generation loop needs of a sequence; the loop itself knows no cells. */
export interface Continuation {
  readonly sampler: Sampler;
  readonly grammar: GrammarMatcher | undefined;
  readonly drafter: Drafter | undefined;
  readonly maxTokens: number;
  readonly logprobs: number;
  readonly signal: AbortSignal;
  readonly contextSize: number;
  /** No other sequence has tokens to evaluate. Others' tokens fill a batch as well as drafts do, and none of them is wrong. */
  isAlone(): boolean;
  isEndToken(token: Token): boolean;
  /** Makes the cache hold `tokens` and reads the logits after the last one. */
  align(tokens: readonly Token[], onLogits: (rows: LogitRows) => void): Promise<void>;
  /**
   * Evaluates tokens behind what the cache holds and reads the logits after the last `outputs` of them. `onLogits`
   * returns how many of those tokens are to be kept, at least one; the cells of the others are dropped.
   */
  append(tokens: readonly Token[], outputs: number, onLogits: (rows: LogitRows) => number): Promise<void>;
}

/**
 * Evaluates, samples and yields. Text that the grammar forces goes along without sampling; drafted tokens go along to be
 * checked: each is sampled as it would have been alone, and the first that comes out differently ends the step.
 */
export async function* continueSequence(
  continuation: Continuation,
  target: readonly Token[],
): AsyncGenerator<GeneratedToken, GenerateFinish, void> {
  const { contextSize, drafter, grammar, maxTokens, sampler, signal } = continuation;
  let generated = 0;
  let length = target.length;
  /** Part of the text, not in the cache yet. */
  let pending: Token[] = [];
  let aligned = false;
  const take = (token: Token) => {
    grammar?.accept(token);
    sampler.accept(token);
    drafter?.push(token);
    generated++;
    length++;
  };
  for (;;) {
    // With log probabilities every token is sampled: a forced one has no logits to report.
    for (const token of (continuation.logprobs === 0 && grammar?.forced()) || []) {
      if (generated >= maxTokens) break;
      if (signal.aborted) return { reason: "abort" };
      take(token as Token);
      pending.push(token as Token);
      yield { token: token as Token, forced: true };
    }
    if (grammar?.mustEnd) return { reason: "eog" };
    if (generated >= maxTokens) return { reason: "length" };
    if (signal.aborted) return { reason: "abort" };
    if (length > contextSize) return { reason: "contextFull" };
    const draftMax = Math.min(maxTokens - generated - 1, contextSize - length);
    const draft = (aligned && continuation.isAlone() && drafter?.draft(draftMax)) || [];
    const results: SampledToken[] = [];
    const check = (rows: LogitRows) => checkDraft(continuation, draft, rows, results, take);
    if (aligned) {
      const started = performance.now();
      await continuation.append([...pending, ...(draft as Token[])], 1 + draft.length, check);
      if (pending.length === 1 && continuation.isAlone())
        drafter?.report(draft.length, results.length - 1, performance.now() - started);
    } else await continuation.align(pending.length === 0 ? target : [...target, ...pending], check);
    aligned = true;
    for (const { token, logprobs } of results) {
      if (continuation.isEndToken(token)) return { reason: "eog", eogToken: token };
      pending = [token];
      yield logprobs === undefined ? { token, forced: false } : { token, forced: false, logprobs };
    }
  }
}

/** Samples after the pending tokens and after every drafted one that proves right. Returns how many rows were used. */
function checkDraft(
  { grammar, isEndToken, logprobs, sampler }: Continuation,
  draft: readonly number[],
  rows: LogitRows,
  results: SampledToken[],
  take: (token: Token) => void,
): number {
  for (let index = 0; index <= draft.length; index++) {
    const sampled = sampler.sample(rows(index), grammar, { logprobs });
    results.push(sampled);
    if (isEndToken(sampled.token)) break;
    take(sampled.token);
    if (sampled.token !== draft[index] || grammar?.mustEnd) break;
  }
  return results.length;
}
