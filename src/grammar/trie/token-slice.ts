import { type ByteSequence, utf8Sequences } from "../automaton/utf8-sequences.ts";
import type { CodePointRange } from "../ir.ts";
import type { TokenBytes } from "../vocabulary.ts";
import { BOUNDARY, NEXT_STATE } from "./character-states.ts";
import { buildFlatTrie, type FlatTrie } from "./flat-trie.ts";
import { sortTokens } from "./sort-tokens.ts";
import { type TokenParts, wholeTokens } from "./token-bytes.ts";

/** Tokens that begin with equally many characters of the slice's set, followed by the same byte that belongs to none. */
export interface SliceRemainder {
  /** Whole characters of the set before the byte. */
  readonly characters: number;
  readonly byte: number;
  /** Where in {@link TokenSlice.rests} their nodes are. */
  readonly firstNode: number;
  readonly endNode: number;
}

/**
 * The tokens of a vocabulary, parted by a set of characters: the plain ones, made only of whole characters of the set,
 * and the remainders. In a state that takes any character of the set, as an open string does, all plain tokens are
 * allowed at once, and of the others only what follows their plain beginning must be looked at.
 */
export interface TokenSlice {
  /** The characters of the set in UTF-8. */
  readonly sequences: readonly ByteSequence[];
  readonly plainCount: number;
  /** Most characters of the set that a token begins with. */
  readonly longest: number;
  readonly remainders: readonly SliceRemainder[];
  /** The tokens that are not plain, by their bytes behind the plain ones; the tokens of each remainder for themselves. */
  readonly rests: FlatTrie;
  /** The plain tokens of at most so many characters. */
  plainMask(characters: number): PlainMask;
}

/** Plain tokens, as bits. */
export interface PlainMask {
  readonly words: Uint32Array;
  readonly count: number;
}

/** Parts the tokens of a trie by a set of characters. */
export function buildTokenSlice(
  bytes: TokenBytes,
  trie: FlatTrie,
  ranges: readonly CodePointRange[],
  wordCount: number,
): TokenSlice {
  const { plain, lengths, rests, restAt, restCharacters, longest } = partTokens(trie, ranges);
  const parts: TokenParts = { ...wholeTokens(bytes), from: new Int32Array(bytes.starts.length) };
  const groups = new Map<number, number[]>();
  for (let i = 0; i < rests.length; i++) {
    const token = rests[i]!;
    const from = bytes.starts[token]! + restAt[i]!;
    parts.from[token] = from;
    const key = restCharacters[i]! * 256 + bytes.data[from]!;
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [token]);
    else group.push(token);
  }
  const { remainders, trie: restTrie } = buildRemainders(parts, groups, rests.length);
  return {
    sequences: ranges.flatMap(utf8Sequences),
    plainCount: plain.length,
    longest,
    remainders,
    rests: restTrie,
    plainMask: cumulativeMasks(plain, lengths, longest, wordCount),
  };
}

/** One trie for all groups, since each alone would be a dozen small arrays. */
function buildRemainders(
  parts: TokenParts,
  groups: ReadonlyMap<number, readonly number[]>,
  count: number,
): { remainders: SliceRemainder[]; trie: FlatTrie } {
  const tokens = new Int32Array(count);
  const groupStarts = new Uint8Array(count);
  let at = 0;
  for (const group of groups.values()) {
    tokens.set(group, at);
    sortTokens(parts, tokens.subarray(at, at + group.length));
    groupStarts[at] = 1;
    at += group.length;
  }
  const trie = buildFlatTrie(parts, tokens, groupStarts);
  const remainders: SliceRemainder[] = [];
  let firstNode = 0;
  // Each group has one node at the top: its first byte.
  for (const key of groups.keys()) {
    const endNode = trie.ends[firstNode]!;
    remainders.push({ characters: key >> 8, byte: key & 255, firstNode, endNode });
    firstNode = endNode;
  }
  return { remainders, trie };
}

interface PartedTokens {
  readonly plain: Int32Array;
  /** The characters of each plain token. */
  readonly lengths: Uint16Array;
  readonly rests: Int32Array;
  /** The plain bytes and characters that each of the other tokens begins with. */
  readonly restAt: Uint16Array;
  readonly restCharacters: Uint16Array;
  readonly longest: number;
}

/** Goes through the nodes of the trie once, with what is known of the way to each. */
function partTokens(trie: FlatTrie, ranges: readonly CodePointRange[]): PartedTokens {
  const { nodeCount, tokenStarts, tokens } = trie;
  const { found, plainEnds } = plainBeginnings(trie, ranges);
  const plain = new Int32Array(tokens.length);
  const lengths = new Uint16Array(tokens.length);
  const rests = new Int32Array(tokens.length);
  const restAt = new Uint16Array(tokens.length);
  const restCharacters = new Uint16Array(tokens.length);
  let plainCount = 0;
  let restCount = 0;
  let longest = 0;
  for (let node = 0; node < nodeCount; node++) {
    const last = tokenStarts[node + 1]!;
    const characters = found[node]!;
    for (let i = tokenStarts[node]!; i < last; i++) {
      if (characters > longest) longest = characters;
      if (plainEnds[node] === ALL) {
        lengths[plainCount] = characters;
        plain[plainCount++] = tokens[i]!;
      } else {
        restAt[restCount] = plainEnds[node]!;
        restCharacters[restCount] = characters;
        rests[restCount++] = tokens[i]!;
      }
    }
  }
  return {
    plain: plain.subarray(0, plainCount),
    lengths: lengths.subarray(0, plainCount),
    rests: rests.subarray(0, restCount),
    restAt,
    restCharacters,
    longest,
  };
}

/** A way is made of whole characters of the set. No node is that deep. */
const ALL = 0xffff;
/** Beyond the states of UTF-8: a character was not in the set. */
const OVER = 9;

/** For each node: how many characters of the set the way to it begins with, and how many bytes these are, or all. */
function plainBeginnings(
  { nodeCount, bytes, depths, height }: FlatTrie,
  ranges: readonly CodePointRange[],
): { found: Uint16Array; plainEnds: Uint16Array } {
  const contains = membership(ranges);
  const found = new Uint16Array(nodeCount);
  const plainEnds = new Uint16Array(nodeCount);
  // For each depth: the state inside of a character and its bits so far; the plain characters, and where they end.
  const states = new Uint8Array(height + 1);
  const codes = new Int32Array(height + 1);
  const characters = new Uint16Array(height + 1);
  const ends = new Uint16Array(height + 1);
  for (let node = 0; node < nodeCount; node++) {
    const depth = depths[node]!;
    const next = depth + 1;
    const byte = bytes[node]!;
    const before = states[depth]!;
    let state = before === OVER ? OVER : NEXT_STATE[before * 256 + byte]!;
    let count = characters[depth]!;
    let end = ends[depth]!;
    const code = before === BOUNDARY ? byte & leadBits(byte) : (codes[depth]! << 6) | (byte & 63);
    if (state === BOUNDARY) {
      if (contains(code)) {
        count++;
        end = next;
      } else state = OVER;
    }
    states[next] = state;
    codes[next] = code;
    characters[next] = count;
    ends[next] = end;
    found[node] = count;
    plainEnds[node] = end === next ? ALL : end;
  }
  return { found, plainEnds };
}

function leadBits(byte: number): number {
  return byte < 0x80 ? 0x7f : byte < 0xe0 ? 0x1f : byte < 0xf0 ? 0x0f : 0x07;
}

function membership(ranges: readonly CodePointRange[]): (code: number) => boolean {
  const ascii = new Uint8Array(128);
  for (const [first, last] of ranges)
    for (let code = first; code <= last && code < 128; code++) ascii[code] = 1;
  const beyond = ranges.filter(([, last]) => last >= 128);
  return (code) => {
    if (code < 128) return ascii[code] === 1;
    for (let i = 0; i < beyond.length; i++) if (code >= beyond[i]![0] && code <= beyond[i]![1]) return true;
    return false;
  };
}

/** Masks of the plain tokens up to a length: the one of all is made at once, the others when first asked for. */
function cumulativeMasks(
  tokens: Int32Array,
  lengths: Uint16Array,
  longest: number,
  wordCount: number,
): TokenSlice["plainMask"] {
  const all: PlainMask = { words: new Uint32Array(wordCount), count: tokens.length };
  for (let i = 0; i < tokens.length; i++) all.words[tokens[i]! >>> 5]! |= 1 << (tokens[i]! & 31);
  const masks = new Map<number, PlainMask>();
  return (characters) => {
    if (characters >= longest) return all;
    let mask = masks.get(characters);
    if (mask !== undefined) return mask;
    const words = new Uint32Array(wordCount);
    let count = 0;
    for (let i = 0; i < tokens.length; i++) {
      if (lengths[i]! > characters) continue;
      words[tokens[i]! >>> 5]! |= 1 << (tokens[i]! & 31);
      count++;
    }
    mask = { words, count };
    masks.set(characters, mask);
    return mask;
  };
}
