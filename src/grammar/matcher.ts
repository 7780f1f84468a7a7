import type { GrammarDefinition } from "./ir.ts";

/**
 * The set of tokens that may come next, as the sampler reads it.
 * Owned by the matcher and valid until its next call: copy what has to live longer.
 */
export interface TokenMask {
  /** One bit per token id, `words[id >>> 5] & (1 << (id & 31))`. */
  readonly words: Uint32Array;
  /** How many tokens are allowed. */
  readonly count: number;
  /** The allowed ids in ascending order when they are few (at most 256), else `undefined`. */
  readonly ids: Int32Array | undefined;
}

/** Up to so many allowed tokens, a mask lists them. */
export const FEW_TOKENS = 256;

/** One walk of a grammar along the text of one reply. */
export interface GrammarMatcher {
  /** The tokens that may come next, end tokens included where the grammar may end. */
  mask(): TokenMask;
  /** Whether this one token may come next: far cheaper than {@link mask}. */
  allows(token: number): boolean;
  /** Steps over a token. @throws ColloquyError `grammar-mismatch` when it is not allowed */
  accept(token: number): void;
  /**
   * Tokens that must come next whatever the model says, canonically tokenised; empty when there is a choice.
   * They are not accepted yet: call {@link accept} for each.
   */
  forced(): readonly number[];
  /** The text so far is complete. */
  readonly canEnd: boolean;
  /** The text so far is complete and nothing may follow. */
  readonly mustEnd: boolean;
  /** An independent walk from the same place. */
  clone(): GrammarMatcher;
  /**
   * What is left to match, as a grammar of its own, for engines elsewhere. `undefined` where there is none: at the end,
   * inside a character, and in walks that are more than one grammar.
   */
  rest?(): GrammarDefinition | undefined;
}
