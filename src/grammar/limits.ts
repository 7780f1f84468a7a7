import { ColloquyError } from "../base/errors.ts";

/**
 * What a grammar may cost. Each limit that is reached is a `grammar-limit` error,
 * so that a hostile grammar can neither hang nor exhaust the process.
 */
export const GRAMMAR_LIMITS = {
  /** Characters of a GBNF text. */
  gbnfLength: 1 << 20,
  /** Characters of a pattern. */
  patternLength: 1 << 14,
  /** Different Unicode properties (`\\p{…}`) in a pattern. */
  unicodeProperties: 16,
  /** Nesting of groups in a GBNF text or a pattern. */
  nesting: 200,
  /** Nesting of nodes in a definition. */
  definitionNesting: 1000,
  /** Rules of a definition. */
  rules: 20_000,
  /** Nodes and literal bytes of a definition. */
  nodes: 1_000_000,
  /** The finite bounds of a repetition. */
  repetition: 1_000_000,
  /** Items that one step of the automaton may look at. */
  closure: 200_000,
  /**
   * Work that a single call may take: followed items, members of joined sets, edges of new states. About 0.1 µs each,
   * so that a call ends within half a second. The masks of usual schemas take up to 10,000.
   */
  workPerCall: 4_000_000,
  /**
   * Work that each call adds to what is left of {@link workPerCall}, up to that: a walk of many calls takes no more than
   * about 5 ms for each of them on top of the first half second.
   */
  workRefill: 50_000,
  /** Transitions of the automaton (states × byte classes) after which it is begun afresh from where the matcher is. */
  transitions: 4_000_000,
  /** Transitions that a single call may make on top of that. */
  transitionsPerCall: 4_000_000,
  /** Entries for unfinished rules that the automaton may hold at once: about 40 bytes each. */
  unfinished: 2_000_000,
  /** Words of masks, and forced tokens, that are kept for the states of an automaton and one vocabulary. */
  keptMaskWords: 2_000_000,
  keptForcedTokens: 250_000,
  /** Bytes that are looked ahead for forced text. */
  forcedBytes: 4096,
} as const;

/** The error of a limit that was reached. */
export function limitError(what: string, limit: number): ColloquyError {
  return new ColloquyError("grammar-limit", `The grammar is too large: ${what} (limit ${limit})`);
}
