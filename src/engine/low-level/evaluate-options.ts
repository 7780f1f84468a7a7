import type { EvaluationPriority } from "../context-sequence.ts";
import type { SamplingOptions } from "../sampling/options.ts";
import type { Token } from "../token.ts";
import type { ContextShiftOptions } from "./context-shift.ts";
import type { LlamaGrammarEvaluationState } from "./llama-grammar-evaluation-state.ts";

/** Options of `sequence.evaluate()`: how tokens are chosen, and what happens around. */
export interface SequenceEvaluateOptions extends SamplingOptions {
  /** Holds the tokens to a grammar; a function is asked before each token. */
  grammarEvaluationState?: LlamaGrammarEvaluationState | (() => LlamaGrammarEvaluationState | undefined);
  /** Default 5. */
  evaluationPriority?: EvaluationPriority;
  /** What leaves a sequence that is full. Default: what `getSequence()` was given. */
  contextShift?: ContextShiftOptions;
  /** Yield the token that ends a generation. Default `false`: it ends the loop. */
  yieldEogToken?: boolean;
}

/** What to tell of each token. */
export interface SequenceEvaluateMetadataOptions {
  /** The probability of the chosen token. Default `false`. */
  readonly confidence?: boolean;
  /** The probabilities of all tokens that the options left to choose from, best first. Default `false`. */
  readonly probabilities?: boolean;
}

/** A token and what was asked for about it. Probabilities are those of the draw: after penalties, grammar and cuts. */
export type SequenceEvaluateOutput<
  Options extends SequenceEvaluateMetadataOptions = {
    readonly confidence: true;
    readonly probabilities: true;
  },
> = { token: Token } & (Options["confidence"] extends true ? { confidence: number } : unknown) &
  (Options["probabilities"] extends true ? { probabilities: Map<Token, number> } : unknown);

/** A token that goes in place of the one that was yielded, or several. */
export type NextInput = undefined | Token | readonly Token[];

/** The part of the options that the sampler reads. */
export function samplingOf(options: SamplingOptions): SamplingOptions {
  const { temperature, topK, topP, minP, seed, xtc, repeatPenalty, dryRepeatPenalty, tokenBias } = options;
  const all = { temperature, topK, topP, minP, seed, xtc, repeatPenalty, dryRepeatPenalty, tokenBias };
  return Object.fromEntries(Object.entries(all).filter(([, value]) => value !== undefined));
}
