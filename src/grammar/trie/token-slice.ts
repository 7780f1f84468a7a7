import type { CodePointRange } from "../ir.ts";
import { buildFlatTrie, type FlatTrie } from "./flat-trie.ts";
import type { TokenBytes } from "./token-bytes.ts";

/** Tokens whose first byte that belongs to no whole character of the slice's set is the same. */
export interface SliceRemainder {
  readonly byte: number;
  /** The most characters of the set that come before that byte. */
  readonly longestPrefix: number;
  readonly trie: FlatTrie;
}

/**
 * The tokens of a vocabulary, parted by a set of characters: the plain ones, made only of whole characters of the set,
 * and the remainders. In a state that takes any character of the set, as an open string does, all plain tokens are
 * allowed at once, and only the remainders must be looked at.
 */
export interface TokenSlice {
  readonly ranges: readonly CodePointRange[];
  /** All plain tokens, in the order of their bytes. */
  readonly plain: FlatTrie;
  /** Characters of the longest plain token. */
  readonly longestPlain: number;
  readonly remainders: readonly SliceRemainder[];
  /** The bits of the plain tokens of at most so many characters. */
  plainMask(characters: number): Uint32Array;
}

/** @param tokens sorted by their bytes */
export function buildTokenSlice(
  bytes: TokenBytes,
  tokens: Int32Array,
  ranges: readonly CodePointRange[],
  wordCount: number,
): TokenSlice {
  const contains = membership(ranges);
  const lengths = new Uint16Array(tokens.length);
  const plain: number[] = [];
  const byByte = new Map<number, { tokens: number[]; longestPrefix: number }>();
  const found = { characters: 0, at: 0 };
  let longestPlain = 0;
  for (let i = 0; i < tokens.length; i++) {
    const token = tokens[i]!;
    scanPlain(bytes, token, contains, found);
    if (found.at === bytes.starts[token + 1]) {
      lengths[plain.length] = found.characters;
      plain.push(token);
      longestPlain = Math.max(longestPlain, found.characters);
      continue;
    }
    const byte = bytes.data[found.at]!;
    let group = byByte.get(byte);
    if (group === undefined) byByte.set(byte, (group = { tokens: [], longestPrefix: 0 }));
    group.tokens.push(token);
    group.longestPrefix = Math.max(group.longestPrefix, found.characters);
  }
  const plainTokens = Int32Array.from(plain);
  return {
    ranges,
    plain: buildFlatTrie(bytes, plainTokens),
    longestPlain,
    remainders: [...byByte].map(([byte, group]) => ({
      byte,
      longestPrefix: group.longestPrefix,
      trie: buildFlatTrie(bytes, Int32Array.from(group.tokens)),
    })),
    plainMask: cumulativeMasks(plainTokens, lengths, longestPlain, wordCount),
  };
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
): (characters: number) => Uint32Array {
  const masks = new Map<number, Uint32Array>();
  return (characters) => {
    const limit = Math.min(characters, longest);
    let mask = masks.get(limit);
    if (mask !== undefined) return mask;
    mask = new Uint32Array(wordCount);
    for (let i = 0; i < tokens.length; i++)
      if (lengths[i]! <= limit) mask[tokens[i]! >>> 5]! |= 1 << (tokens[i]! & 31);
    masks.set(limit, mask);
    return mask;
  };
}
