import { type GrammarNode, MAX_CODE_POINT } from "../ir.ts";
import { schemaLimit } from "./schema-error.ts";
import { SCHEMA_LIMITS } from "./schema-options.ts";
import type { SchemaWork } from "./schema-work.ts";
import { buildNfa, nfaClosure, type TextEdge } from "./text-nfa.ts";

/**
 * A deterministic automaton over code points; it starts in state 0. Edges of a state are sorted and disjoint;
 * a code point without an edge is refused.
 */
export interface TextAutomaton {
  readonly accepting: readonly boolean[];
  readonly edges: readonly (readonly TextEdge[])[];
}

/** Pieces of edges are cut, sorted and joined. */
const STEPS_PER_PIECE = 4;

/**
 * Builds the automaton of a regular grammar (no rules, bytes or tokens inside) by subset construction.
 * @throws ColloquyError `grammar-limit` naming `path` when it has too many states
 */
export function buildAutomaton(node: GrammarNode, path: string, total: SchemaWork): TextAutomaton {
  const nfa = buildNfa(node, path, total);
  const known = new Map<string, number>();
  const sets: number[][] = [];
  let work = 0;
  const intern = (states: Iterable<number>) => {
    const closed = nfaClosure(nfa, states);
    work += closed.length;
    total.spend(STEPS_PER_PIECE * closed.length, path);
    if (work > SCHEMA_LIMITS.automatonWork)
      throw schemaLimit(path, "ways to read a text", SCHEMA_LIMITS.automatonWork);
    const key = closed.join(",");
    const found = known.get(key);
    if (found !== undefined) return found;
    if (sets.length >= SCHEMA_LIMITS.automatonStates)
      throw schemaLimit(path, "states of a text automaton", SCHEMA_LIMITS.automatonStates);
    known.set(key, sets.length);
    return sets.push(closed) - 1;
  };
  intern([nfa.start]);
  const edges: TextEdge[][] = [];
  for (let index = 0; index < sets.length; index++) {
    const outgoing = sets[index]!.flatMap((state) => nfa.edges[state]!);
    total.spend(STEPS_PER_PIECE * outgoing.length, path);
    edges.push(
      mergeEdges(
        splitEdges(outgoing).map(({ first, last, targets }) => ({ first, last, target: intern(targets) })),
      ),
    );
  }
  return { accepting: sets.map((set) => set.includes(nfa.end)), edges };
}

/**
 * The texts that are in both automata or, with `exclude`, in the first but not in the second.
 * @throws ColloquyError `grammar-limit`
 */
export function combineAutomata(
  left: TextAutomaton,
  right: TextAutomaton,
  exclude: boolean,
  path: string,
  work: SchemaWork,
  statesMax: number = SCHEMA_LIMITS.automatonStates,
): TextAutomaton {
  const width = right.edges.length + 1;
  const dead = right.edges.length;
  const known = new Map<number, number>();
  const pairs: [number, number][] = [];
  const intern = (a: number, b: number) => {
    const key = a * width + b;
    const found = known.get(key);
    if (found !== undefined) return found;
    if (pairs.length >= statesMax) throw schemaLimit(path, "states of a text automaton", statesMax);
    known.set(key, pairs.length);
    return pairs.push([a, b]) - 1;
  };
  intern(0, 0);
  const edges: TextEdge[][] = [];
  for (let index = 0; index < pairs.length; index++) {
    const [a, b] = pairs[index]!;
    const found: TextEdge[] = [];
    const pieces = pairEdges(left.edges[a]!, right.edges[b] ?? []);
    work.spend(STEPS_PER_PIECE * (1 + pieces.length), path);
    for (const piece of pieces) {
      if (piece.right === undefined && !exclude) continue;
      found.push({ first: piece.first, last: piece.last, target: intern(piece.left, piece.right ?? dead) });
    }
    edges.push(mergeEdges(found));
  }
  const accepting = pairs.map(([a, b]) => left.accepting[a]! && (right.accepting[b] ?? false) !== exclude);
  return { accepting, edges };
}

/** The texts of `min` to `max` code points. */
export function lengthAutomaton(min: number, max: number | undefined): TextAutomaton {
  const last = max ?? min;
  const states = Array.from({ length: last + 1 }, (_, count) => count);
  return {
    accepting: states.map((count) => count >= min),
    edges: states.map((count) => {
      if (count === last && max !== undefined) return [];
      return [{ first: 0, last: MAX_CODE_POINT, target: Math.min(count + 1, last) }];
    }),
  };
}

/**
 * Every text but these words: a trie, with one state behind it for all texts that have left the trie.
 * @throws ColloquyError `grammar-limit`
 */
export function exceptWords(words: readonly string[], path: string): TextAutomaton {
  const children: Map<number, number>[] = [new Map()];
  const ends = new Set<number>();
  for (const word of words) {
    let state = 0;
    for (const character of word) {
      const code = character.codePointAt(0)!;
      let next = children[state]!.get(code);
      if (next === undefined) {
        if (children.length >= SCHEMA_LIMITS.automatonStates)
          throw schemaLimit(path, "states of a text automaton", SCHEMA_LIMITS.automatonStates);
        next = children.push(new Map()) - 1;
        children[state]!.set(code, next);
      }
      state = next;
    }
    ends.add(state);
  }
  const outside = children.length;
  const edges = children.map((map) => {
    const found: TextEdge[] = [];
    let from = 0;
    for (const [code, target] of [...map].sort((a, b) => a[0] - b[0])) {
      if (code > from) found.push({ first: from, last: code - 1, target: outside });
      found.push({ first: code, last: code, target });
      from = code + 1;
    }
    if (from <= MAX_CODE_POINT) found.push({ first: from, last: MAX_CODE_POINT, target: outside });
    return found;
  });
  edges.push([{ first: 0, last: MAX_CODE_POINT, target: outside }]);
  return { accepting: edges.map((_, state) => !ends.has(state)), edges };
}

/** Whether the automaton accepts no text at all. */
export function isEmptyAutomaton(automaton: TextAutomaton): boolean {
  return !automaton.accepting.some((accepting) => accepting);
}

/** Cuts overlapping edges into disjoint pieces. */
function splitEdges(edges: readonly TextEdge[]): { first: number; last: number; targets: Set<number> }[] {
  const cuts = [...new Set(edges.flatMap(({ first, last }) => [first, last + 1]))].sort((a, b) => a - b);
  const pieces: { first: number; last: number; targets: Set<number> }[] = [];
  const position = new Map(cuts.map((cut, index) => [cut, index]));
  const targets = cuts.map(() => new Set<number>());
  for (const { first, last, target } of edges) {
    for (let index = position.get(first)!; index < position.get(last + 1)!; index++)
      targets[index]!.add(target);
  }
  for (let index = 0; index + 1 < cuts.length; index++) {
    if (targets[index]!.size > 0)
      pieces.push({ first: cuts[index]!, last: cuts[index + 1]! - 1, targets: targets[index]! });
  }
  return pieces;
}

/** Joins neighbours that lead to the same state. */
function mergeEdges(edges: readonly TextEdge[]): TextEdge[] {
  const merged: TextEdge[] = [];
  for (const edge of edges) {
    const previous = merged[merged.length - 1];
    if (previous !== undefined && previous.target === edge.target && previous.last + 1 === edge.first)
      merged[merged.length - 1] = { ...previous, last: edge.last };
    else merged.push(edge);
  }
  return merged;
}

/** The pieces of the left edges, each with the target of the right edge above it, if there is one. */
function pairEdges(
  left: readonly TextEdge[],
  right: readonly TextEdge[],
): { first: number; last: number; left: number; right: number | undefined }[] {
  const pieces: { first: number; last: number; left: number; right: number | undefined }[] = [];
  for (const edge of left) {
    let next = edge.first;
    for (const other of right) {
      if (other.last < next || other.first > edge.last) continue;
      if (other.first > next)
        pieces.push({ first: next, last: other.first - 1, left: edge.target, right: undefined });
      const first = Math.max(next, other.first);
      const last = Math.min(edge.last, other.last);
      pieces.push({ first, last, left: edge.target, right: other.target });
      next = last + 1;
    }
    if (next <= edge.last) pieces.push({ first: next, last: edge.last, left: edge.target, right: undefined });
  }
  return pieces;
}
