import { type Automaton, DEAD } from "../automaton/automaton.ts";
import type { FlatTrie } from "../trie/flat-trie.ts";

/** What a walk found. */
export interface TrieWalk {
  /** Tokens in the output so far. */
  readonly count: number;
  /** Nodes looked at: what the walk cost. */
  readonly visited: number;
}

const INITIAL_HEIGHT = 64;
let rows = new Int32Array(INITIAL_HEIGHT);

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
    const end = tokenStarts[node + 1]!;
    for (let i = tokenStarts[node]!; i < end; i++) out[count++] = tokens[i]!;
    node++;
  }
  return { count, visited };
}
