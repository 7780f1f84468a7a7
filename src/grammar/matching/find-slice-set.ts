import { type Automaton, DEAD } from "../automaton/automaton.ts";
import { utf8Sequences } from "../automaton/utf8-sequences.ts";
import type { CodePointRange } from "../ir.ts";
import type { FlatTrie } from "../trie/flat-trie.ts";

const FEWEST_CHARACTERS = 10;

/** Everything beyond ASCII. */
const BEYOND_ASCII: readonly CodePointRange[] = [
  [0x80, 0xd7ff],
  [0xe000, 0x10ffff],
];

/**
 * Of the sets of characters that a state takes with the same result, the one with which most tokens begin: of ASCII
 * one by one, and everything beyond it together. `undefined` when the set is too small to be worth a slice.
 */
export function findSliceSet(
  automaton: Automaton,
  trie: FlatTrie,
  state: number,
): CodePointRange[] | undefined {
  const beginnings = new Float64Array(256);
  for (let node = 0; node < trie.nodeCount; node = trie.ends[node]!)
    beginnings[trie.bytes[node]!] = trie.tokenStarts[trie.ends[node]!]! - trie.tokenStarts[node]!;
  const groups = new Map<number, CodePointRange[]>();
  for (let byte = 0; byte < 0x80; byte++) {
    const next = automaton.step(state, byte);
    if (next === DEAD) continue;
    const group = groups.get(next);
    if (group === undefined) groups.set(next, [[byte, byte]]);
    else group.push([byte, byte]);
  }
  let target = DEAD;
  let largest: CodePointRange[] = [];
  let most = 0;
  for (const [next, group] of groups) {
    if (group.length < FEWEST_CHARACTERS) continue;
    const tokens = group.reduce((sum, [byte]) => sum + beginnings[byte]!, 0);
    if (tokens <= most) continue;
    [most, largest, target] = [tokens, group, next];
  }
  if (largest.length === 0) return undefined;
  const beyond = BEYOND_ASCII.flatMap(utf8Sequences).every((sequence) => {
    let states = new Set([state]);
    for (const [first, last] of sequence) {
      const after = new Set<number>();
      for (const from of states)
        for (let byte = first; byte <= last; byte++) after.add(automaton.step(from, byte));
      states = after;
    }
    return states.size === 1 && states.has(target);
  });
  return beyond ? [...largest, ...BEYOND_ASCII] : largest;
}
