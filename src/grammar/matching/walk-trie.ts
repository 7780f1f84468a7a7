import { type Automaton, DEAD } from "../automaton/automaton.ts";
import type { FlatTrie } from "../trie/flat-trie.ts";
import { NOT_PLAIN } from "../trie/token-slice.ts";

/** What a walk found. */
export interface TrieWalk {
  /** Tokens in the output so far. */
  readonly count: number;
  /** Nodes looked at: what the walk cost. */
  readonly visited: number;
}

const INITIAL_HEIGHT = 64;
let rows = new Int32Array(INITIAL_HEIGHT);

/** Where all that is below a node may be taken at once. */
export interface PlainBelow {
  readonly heights: Uint8Array;
  /** How many plain characters a state takes, whichever they are. */
  reach(state: number): number;
}

/** Fewer nodes are walked through as fast as they are taken at once. */
const FEWEST_AT_ONCE = 4;

/**
 * Appends to `out`, from `count` on, every token of the trie whose bytes the automaton takes from `state`.
 * A node that the automaton does not take is passed over with all that is below it.
 */
export function walkTrie(
  automaton: Automaton,
  trie: FlatTrie,
  state: number,
  out: Int32Array,
  count: number,
  plain?: PlainBelow,
): TrieWalk {
  const { classCount, classOfByte } = automaton;
  const { nodeCount, bytes, depths, ends, tokenStarts, tokens } = trie;
  if (rows.length <= trie.height) rows = new Int32Array(trie.height * 2);
  let transitions = automaton.transitions;
  let visited = 0;
  rows[0] = state;
  for (let node = 0; node < nodeCount; visited++) {
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
    if (plain !== undefined && ends[node]! - node > FEWEST_AT_ONCE) {
      const height = plain.heights[node]!;
      if (height !== NOT_PLAIN && plain.reach(next) >= height) {
        after = ends[node]!;
        transitions = automaton.transitions;
      }
    }
    const end = tokenStarts[after]!;
    for (let i = tokenStarts[node]!; i < end; i++) out[count++] = tokens[i]!;
    node = after;
  }
  return { count, visited };
}
