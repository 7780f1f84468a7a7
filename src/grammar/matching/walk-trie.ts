import { type Automaton, DEAD } from "../automaton/automaton.ts";
import { NOT_TEXT } from "../trie/below-nodes.ts";
import type { FlatTrie } from "../trie/flat-trie.ts";
import type { StateLoops } from "./state-loops.ts";

const INITIAL_HEIGHT = 64;
let rows = new Int32Array(INITIAL_HEIGHT);

/** Fewer nodes are walked through as fast as they are taken at once. */
const FEWEST_AT_ONCE = 4;

/** Nodes of a trie with all that is below them: those from `firstNode` on, up to `endNode`. */
export interface TrieNodes {
  readonly firstNode: number;
  readonly endNode: number;
}

/**
 * Appends to `out`, from `count` on, every token at these nodes of the trie whose bytes the automaton takes from `state`; returns how
 * many there are then. A node that the automaton does not take is passed over with all that is below it, and where a
 * state takes whatever is below a node, that is taken at once.
 */
export function walkTrie(
  automaton: Automaton,
  loops: StateLoops,
  trie: FlatTrie,
  { firstNode, endNode }: TrieNodes,
  state: number,
  out: Int32Array,
  count: number,
): number {
  const { classCount, classOfByte } = automaton;
  const { bytes, depths, ends, tokenStarts, tokens } = trie;
  const { kinds, heights } = trie.below;
  if (rows.length <= trie.height) rows = new Int32Array(trie.height * 2);
  let transitions = automaton.transitions;
  rows[0] = state;
  for (let node = firstNode; node < endNode; ) {
    const depth = depths[node]!;
    const row = rows[depth]! * classCount;
    let next = transitions[row + classOfByte[bytes[node]!]!]!;
    if (next < 0) {
      automaton.fill(rows[depth]!);
      transitions = automaton.transitions;
      next = transitions[row + classOfByte[bytes[node]!]!]!;
    }
    if (next === DEAD) {
      node = ends[node]!;
      continue;
    }
    rows[depth + 1] = next;
    let after = node + 1;
    const height = heights[node]!;
    if (height !== NOT_TEXT && ends[node]! - node > FEWEST_AT_ONCE) {
      if (loops.takesAll(next, kinds[node]!, height)) after = ends[node]!;
      transitions = automaton.transitions;
    }
    const end = tokenStarts[after]!;
    for (let i = tokenStarts[node]!; i < end; i++) out[count++] = tokens[i]!;
    node = after;
  }
  return count;
}
