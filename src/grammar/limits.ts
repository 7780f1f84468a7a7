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
  /** Nesting of groups in a GBNF text or a pattern, and of nodes in a definition. */
  nesting: 200,
  /** Rules of a definition. */
  rules: 20_000,
  /** Nodes and literal bytes of a definition. */
  nodes: 1_000_000,
  /** The finite bounds of a repetition. */
  repetition: 1_000_000,
  /** Items that one step of the automaton may look at. */
  closure: 200_000,
  /** States of the automaton after which it is built afresh from the place where the matcher is. */
  states: 60_000,
  /** States that a single call may make on top of that. */
  statesPerCall: 400_000,
  /** Distinct stacks of unfinished rules that the automaton may know at once. */
  nodesKnown: 4_000_000,
  /** Bytes that are looked ahead for forced text. */
  forcedBytes: 4096,
} as const;

/** The error of a limit that was reached. */
export function limitError(what: string, limit: number): ColloquyError {
  return new ColloquyError("grammar-limit", `The grammar is too large: ${what} (limit ${limit})`);
}
