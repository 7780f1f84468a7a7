import type { GrammarMatcher } from "../../grammar/matcher.ts";
import type { GeneratedToken, GenerateFinish } from "../context-sequence.ts";
import type { SampledToken, Sampler } from "../sampling/sampler.ts";
import type { Token } from "../token.ts";

type OnLogits = (logits: Float32Array) => void;

/** What the generation loop needs of a sequence; the loop itself knows no cells. */
export interface Continuation {
  readonly sampler: Sampler;
  readonly grammar: GrammarMatcher | undefined;
  readonly maxTokens: number;
  readonly logprobs: number;
  readonly signal: AbortSignal;
  isEndToken(token: Token): boolean;
  readonly contextSize: number;
  /** Makes the cache hold `tokens` and reads the logits after the last one. */
  align(tokens: readonly Token[], onLogits: OnLogits): Promise<void>;
  /** Evaluates tokens behind what the cache holds and reads the logits after the last one. */
  append(tokens: readonly Token[], onLogits: OnLogits): Promise<void>;
}

/** Evaluates, samples and yields, one token after the other. Text that the grammar forces goes along without sampling. */
export async function* continueSequence(
  continuation: Continuation,
  target: readonly Token[],
): AsyncGenerator<GeneratedToken, GenerateFinish, void> {
  const { grammar, sampler, maxTokens, signal } = continuation;
  let generated = 0;
  let length = target.length;
  let pending: Token[] = [];
  let aligned = false;
  let sampled: SampledToken | undefined;
  const sample: OnLogits = (logits) => {
    sampled = sampler.sample(logits, grammar, { logprobs: continuation.logprobs });
  };
  for (;;) {
    // With log probabilities every token is sampled: a forced one has no logits to report.
    for (const token of (continuation.logprobs === 0 && grammar?.forced()) || []) {
      if (generated >= maxTokens) break;
      if (signal.aborted) return { reason: "abort" };
      grammar!.accept(token);
      sampler.accept(token as Token);
      pending.push(token as Token);
      generated++;
      length++;
      yield { token: token as Token, forced: true };
    }
    if (grammar?.mustEnd) return { reason: "eog" };
    if (generated >= maxTokens) return { reason: "length" };
    if (signal.aborted) return { reason: "abort" };
    if (length > continuation.contextSize) return { reason: "contextFull" };
    if (aligned) await continuation.append(pending, sample);
    else await continuation.align(pending.length === 0 ? target : [...target, ...pending], sample);
    aligned = true;
    const { token, logprobs } = sampled!;
    if (continuation.isEndToken(token)) return { reason: "eog", eogToken: token };
    grammar?.accept(token);
    sampler.accept(token);
    generated++;
    length++;
    pending = [token];
    yield logprobs === undefined ? { token, forced: false } : { token, forced: false, logprobs };
  }
}
