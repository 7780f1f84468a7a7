import { characterRanges } from "../code-points.ts";
import type { GrammarNode } from "../ir.ts";
import { schemaLimit } from "./schema-error.ts";
import type { SchemaWork } from "./schema-work.ts";

/** A step over one code point. */
export interface TextEdge {
  readonly first: number;
  readonly last: number;
  readonly target: number;
}

/** A nondeterministic automaton over code points, from `start` to `end`. */
export interface TextNfa {
  readonly start: number;
  readonly end: number;
  /** Steps that consume nothing. */
  readonly empty: readonly (readonly number[])[];
  readonly edges: readonly (readonly TextEdge[])[];
}

interface Nfa {
  readonly empty: number[][];
  readonly edges: TextEdge[][];
  readonly path: string;
  readonly work: SchemaWork;
}

/**
 * Builds the automaton of a regular grammar (no rules, bytes or tokens inside).
 * @throws ColloquyError `grammar-limit` naming `path` when it is too large
 */
export function buildNfa(node: GrammarNode, path: string, work: SchemaWork): TextNfa {
  const nfa: Nfa = { empty: [], edges: [], path, work };
  const start = addState(nfa);
  const end = addNode(nfa, node, start);
  return { start, end, empty: nfa.empty, edges: nfa.edges };
}

/** Whether the whole text matches: linear in its length, whatever the pattern. `onStep` is told what a step costs. */
export function nfaAccepts(nfa: TextNfa, text: string, onStep?: (steps: number) => void): boolean {
  let states = nfaClosure(nfa, [nfa.start]);
  for (const character of text) {
    const code = character.codePointAt(0)!;
    const next = new Set<number>();
    for (const state of states) {
      for (const edge of nfa.edges[state]!)
        if (edge.first <= code && code <= edge.last) next.add(edge.target);
    }
    onStep?.(STEPS_PER_STATE * states.length);
    states = nfaClosure(nfa, next);
    if (states.length === 0) return false;
  }
  return states.includes(nfa.end);
}

const NFA_STATES_MAX = 200_000;
/** Closing a set of states follows each, and sorts them. */
const STEPS_PER_STATE = 8;
/** A state, and an edge, are objects. */
const STEPS_PER_PART = 4;

function addState(nfa: Nfa): number {
  if (nfa.empty.length >= NFA_STATES_MAX)
    throw schemaLimit(nfa.path, "parts of a text automaton", NFA_STATES_MAX);
  nfa.work.spend(STEPS_PER_PART, nfa.path);
  nfa.edges.push([]);
  return nfa.empty.push([]) - 1;
}

/** Adds the node behind a state and returns the state where it ends. */
function addNode(nfa: Nfa, node: GrammarNode, from: number): number {
  switch (node.type) {
    case "literal":
      return [...node.text].reduce((state, character) => {
        const code = character.codePointAt(0)!;
        return addRanges(nfa, [[code, code]], state);
      }, from);
    case "characters":
      return addRanges(nfa, characterRanges(node.ranges, node.negated), from);
    case "sequence":
      return node.items.reduce((state, item) => addNode(nfa, item, state), from);
    case "choice": {
      const end = addState(nfa);
      for (const option of node.options) nfa.empty[addNode(nfa, option, from)]!.push(end);
      return end;
    }
    case "repeat":
      return addRepeat(nfa, node.item, node.min, node.max, from);
    default:
      throw new TypeError(`A ${node.type} is not regular`);
  }
}

function addRanges(nfa: Nfa, ranges: readonly (readonly [number, number])[], from: number): number {
  const end = addState(nfa);
  nfa.work.spend(STEPS_PER_PART * ranges.length, nfa.path);
  for (const [first, last] of ranges) nfa.edges[from]!.push({ first, last, target: end });
  return end;
}

function addRepeat(nfa: Nfa, item: GrammarNode, min: number, max: number | undefined, from: number): number {
  let state = from;
  for (let count = 0; count < min; count++) state = addNode(nfa, item, separate(nfa, state));
  const end = addState(nfa);
  if (max === undefined) {
    const loop = separate(nfa, state);
    nfa.empty[addNode(nfa, item, loop)]!.push(loop);
    nfa.empty[loop]!.push(end);
    return end;
  }
  nfa.empty[state]!.push(end);
  for (let count = min; count < max; count++) {
    state = addNode(nfa, item, separate(nfa, state));
    nfa.empty[state]!.push(end);
  }
  return end;
}

/** A fresh state, so that a loop cannot be entered from what stands before it. */
function separate(nfa: Nfa, from: number): number {
  const state = addState(nfa);
  nfa.empty[from]!.push(state);
  return state;
}

/** The states and all that are reached from them without consuming anything, in ascending order. */
export function nfaClosure(nfa: TextNfa, states: Iterable<number>): number[] {
  const found = new Set(states);
  for (const state of found) for (const next of nfa.empty[state]!) found.add(next);
  return [...found].sort((a, b) => a - b);
}
