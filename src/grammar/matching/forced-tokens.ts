import { type Automaton, DEAD } from "../automaton/automaton.ts";
import { GRAMMAR_LIMITS } from "../limits.ts";
import { type FlatTrie, findNode } from "../trie/flat-trie.ts";
import type { TokenTrie } from "../trie/token-trie.ts";

/**
 * The canonical tokens of the text that must follow from a state.
 * Left out at the end are tokens that a longer one, reaching past the forced text, could take the place of:
 * the model would have chosen that one.
 */
export function forcedTokens(automaton: Automaton, trie: TokenTrie, state: number): readonly number[] {
  const bytes = wholeCharacters(forcedBytes(automaton, state));
  if (bytes.length === 0) return [];
  const tokens = trie.tokenize(decoder.decode(bytes));
  const starts = tokenStarts(trie, tokens, bytes);
  if (starts === undefined) return [];
  let end = state;
  for (const byte of bytes) end = automaton.step(end, byte);
  const kept = starts.findIndex((start) => canReachPast(automaton, trie.trie, bytes.subarray(start), end));
  return kept < 0 ? tokens : tokens.slice(0, kept);
}

function forcedBytes(automaton: Automaton, state: number): Uint8Array {
  const bytes: number[] = [];
  let at = state;
  while (bytes.length < GRAMMAR_LIMITS.forcedBytes) {
    const byte = automaton.forcedByte(at);
    if (byte < 0) break;
    bytes.push(byte);
    at = automaton.step(at, byte);
  }
  return Uint8Array.from(bytes);
}

const decoder = new TextDecoder("utf-8", { ignoreBOM: true });
const strictDecoder = new TextDecoder("utf-8", { fatal: true });

/** The bytes without an unfinished character at their end; none when they begin inside of one. */
function wholeCharacters(bytes: Uint8Array): Uint8Array {
  for (let cut = 0; cut < 4 && cut < bytes.length; cut++) {
    const whole = bytes.subarray(0, bytes.length - cut);
    try {
      strictDecoder.decode(whole);
      return whole;
    } catch {
      // One byte less, then.
    }
  }
  return new Uint8Array(0);
}

/** Where each token begins; `undefined` when the tokens do not stand for exactly these bytes. */
function tokenStarts(trie: TokenTrie, tokens: readonly number[], bytes: Uint8Array): number[] | undefined {
  const { data, starts } = trie.bytes;
  const found: number[] = [];
  let at = 0;
  for (const token of tokens) {
    const [start, end] = [starts[token], starts[token + 1]];
    if (start === undefined || end === undefined || start === end || trie.isEnd(token)) return undefined;
    found.push(at);
    for (let i = start; i < end; i++) if (data[i] !== bytes[at++]) return undefined;
  }
  return at === bytes.length ? found : undefined;
}

/** Whether a token begins with all these bytes and goes on as the grammar may go on after them. */
function canReachPast(automaton: Automaton, trie: FlatTrie, bytes: Uint8Array, end: number): boolean {
  if (bytes.length >= trie.height) return false;
  const prefix = findNode(trie, bytes);
  if (prefix < 0) return false;
  for (let node = prefix + 1; node < trie.ends[prefix]!; node = trie.ends[node]!)
    if (automaton.step(end, trie.bytes[node]!) !== DEAD) return true;
  return false;
}
