import type { CodePointRange } from "../ir.ts";
import { buildFlatTrie, type FlatTrie } from "./flat-trie.ts";
import { sortTokens, type TokenBytes, type TokenParts, wholeTokens } from "./token-bytes.ts";

/** Tokens that begin with equally many characters of the slice's set, followed by the same byte that belongs to none. */
export interface SliceRemainder {
  /** Whole characters of the set before the byte. */
  readonly characters: number;
  readonly byte: number;
  /** The tokens by their bytes from that byte on. */
  readonly trie: FlatTrie;
}

/**
 * The tokens of a vocabulary, parted by a set of characters: the plain ones, made only of whole characters of the set,
 * and the remainders. In a state that takes any character of the set, as an open string does, all plain tokens are
 * allowed at once, and of the others only what follows their plain beginning must be looked at.
 */
export interface TokenSlice {
  readonly ranges: readonly CodePointRange[];
  readonly plainCount: number;
  /** Most characters of the set that a token begins with. */
  readonly longest: number;
  readonly remainders: readonly SliceRemainder[];
  /** The plain tokens of at most so many characters. */
  plainMask(characters: number): { readonly words: Uint32Array; readonly count: number };
}

/** Parts the tokens by a set of characters. */
export function buildTokenSlice(
  bytes: TokenBytes,
  tokens: Int32Array,
  ranges: readonly CodePointRange[],
  wordCount: number,
): TokenSlice {
  const contains = membership(ranges);
  const lengths = new Uint16Array(tokens.length);
  const plain = new Int32Array(tokens.length);
  const parts: TokenParts = { ...wholeTokens(bytes), from: new Int32Array(bytes.starts.length) };
  const groups = new Map<number, number[]>();
  const found = { characters: 0, at: 0 };
  let [plainCount, longest] = [0, 0];
  for (const token of tokens) {
    scanPlain(bytes, token, contains, found);
    longest = Math.max(longest, found.characters);
    if (found.at === bytes.starts[token + 1]) {
      lengths[plainCount] = found.characters;
      plain[plainCount++] = token;
      continue;
    }
    parts.from[token] = found.at;
    const key = found.characters * 256 + bytes.data[found.at]!;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [token]);
    else group.push(token);
  }
  const remainders = [...groups].map(([key, group]) => {
    const sorted = Int32Array.from(group);
    sortTokens(parts, sorted);
    const trie = buildFlatTrie(parts, sorted);
    return { characters: key >> 8, byte: key & 255, trie };
  });
  const plainMask = cumulativeMasks(
    plain.slice(0, plainCount),
    lengths.slice(0, plainCount),
    longest,
    wordCount,
  );
  return { ranges, plainCount, longest, remainders, plainMask };
}

/** How many characters of the set a token begins with, and where the first byte after them is. */
function scanPlain(
  { data, starts }: TokenBytes,
  token: number,
  contains: (code: number) => boolean,
  found: { characters: number; at: number },
): void {
  const end = starts[token + 1]!;
  found.at = starts[token]!;
  found.characters = 0;
  while (found.at < end) {
    const lead = data[found.at]!;
    const length =
      lead < 0x80 ? 1 : lead < 0xc2 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
    if (length === 0 || found.at + length > end) return;
    let code = length === 1 ? lead : lead & (0xff >> (length + 1));
    for (let i = 1; i < length; i++) {
      const byte = data[found.at + i]!;
      if ((byte & 0xc0) !== 0x80) return;
      code = (code << 6) | (byte & 63);
    }
    const overlong = (length === 3 && code < 0x800) || (length === 4 && (code < 0x10000 || code > 0x10ffff));
    if (overlong || !contains(code)) return;
    found.at += length;
    found.characters++;
  }
}

function membership(ranges: readonly CodePointRange[]): (code: number) => boolean {
  const ascii = new Uint8Array(128);
  for (const [first, last] of ranges)
    for (let code = first; code <= last && code < 128; code++) ascii[code] = 1;
  const beyond = ranges.filter(([, last]) => last >= 128);
  return (code) =>
    code < 128 ? ascii[code] === 1 : beyond.some(([first, last]) => code >= first && code <= last);
}

/** Masks of the plain tokens up to a length, made when first asked for. */
function cumulativeMasks(
  tokens: Int32Array,
  lengths: Uint16Array,
  longest: number,
  wordCount: number,
): TokenSlice["plainMask"] {
  const masks = new Map<number, { words: Uint32Array; count: number }>();
  return (characters) => {
    const limit = Math.min(characters, longest);
    let mask = masks.get(limit);
    if (mask !== undefined) return mask;
    const words = new Uint32Array(wordCount);
    let count = 0;
    for (let i = 0; i < tokens.length; i++) {
      if (lengths[i]! > limit) continue;
      words[tokens[i]! >>> 5]! |= 1 << (tokens[i]! & 31);
      count++;
    }
    mask = { words, count };
    masks.set(limit, mask);
    return mask;
  };
}
