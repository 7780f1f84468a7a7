import type { Token } from "../token.ts";
import type { TokenBias } from "./token-bias.ts";

/** Penalty on tokens that occurred before; applied to the logits before every other step. */
export interface RepeatPenaltyOptions {
  /** The tokens to punish, called before each sample; duplicates count for the frequency penalty. */
  punishTokens: readonly Token[] | (() => readonly Token[]);
  /** Divides positive logits and multiplies negative ones. Default 1.1; 1 is off. */
  penalty?: number;
  /** Subtracted once for each occurrence. Default 0. */
  frequencyPenalty?: number;
  /** Subtracted once when the token occurred at all. Default 0. */
  presencePenalty?: number;
  /** Accepted for compatibility, not needed: every token in `punishTokens` counts. */
  maxPunishTokens?: number;
}

/** DRY: punishes tokens that would continue a repetition of earlier text. */
export interface DryRepeatPenaltyOptions {
  /** Multiplier; 0 is off. */
  strength: number;
  /** Default 1.75. */
  base?: number;
  /** Repetitions up to this length, tokens, are free. Default 2. */
  allowedLength?: number;
  /** How far back to look, tokens; `null` is everything, at most 65,536. 0 is off. Default `null`. */
  lastTokens?: number | null;
  /** Texts that end a repetition. Default `["\n", ":", "\"", "*"]`. */
  sequenceBreakers?: readonly string[];
}

/**
 * XTC: with `probability`, removes every token above `threshold` but the least probable of them.
 * Both 0 to 1. A threshold above 0.5 has no effect, because two tokens can never reach it. Ignored at temperature 0.
 */
export interface XtcOptions {
  probability: number;
  threshold: number;
}

export type TokenBiasInput = ReadonlyMap<Token, number> | TokenBias | (() => TokenBias);

/**
 * How the next token is chosen. Order of the steps: repeat penalty, DRY, bias, grammar mask, top-k, top-p, min-p, XTC,
 * temperature, draw. The same order as llama.cpp's chain, with the mask before any truncation.
 */
export interface SamplingOptions {
  /** 0 (default) always takes the most probable token. */
  temperature?: number;
  /** Keep the `topK` most probable tokens. Default 40; 0 or less is off. Ignored at temperature 0. */
  topK?: number;
  /** Keep the smallest set of tokens whose probabilities reach `topP`. Default 0.95; 1 is off. */
  topP?: number;
  /** Drop tokens less probable than `minP` times the best. Default 0: off. */
  minP?: number;
  /** Makes draws repeatable: a non-negative integer, taken modulo 2^32. Default: random. */
  seed?: number;
  xtc?: XtcOptions;
  repeatPenalty?: RepeatPenaltyOptions;
  dryRepeatPenalty?: DryRepeatPenaltyOptions;
  /**
   * Added to the logits of tokens. `-Infinity` forbids one as long as another token may come next.
   * A {@link TokenBias}, a function that returns one (called before each sample), or a plain map.
   */
  tokenBias?: TokenBiasInput;
}
