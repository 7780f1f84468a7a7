import { InvalidArgumentError } from "../../base/errors.ts";
import type { GrammarVocabulary } from "../vocabulary.ts";

const LONGEST_TOKEN = 0xffff;

/** The bytes of all tokens of a vocabulary in one piece. */
export interface TokenBytes {
  readonly data: Uint8Array;
  /** The bytes of token `id` are `data[starts[id] … starts[id + 1] - 1]`. */
  readonly starts: Int32Array;
}

/** Reads the bytes of every token once. */
export function readTokenBytes(vocabulary: GrammarVocabulary): TokenBytes {
  let data = new Uint8Array(vocabulary.size * 8);
  const starts = new Int32Array(vocabulary.size + 1);
  let length = 0;
  for (let id = 0; id < vocabulary.size; id++) {
    const bytes = vocabulary.tokenBytes(id);
    if (bytes.length > LONGEST_TOKEN)
      throw new InvalidArgumentError(`Token ${id} has ${bytes.length} bytes, more than ${LONGEST_TOKEN}`);
    if (length + bytes.length > data.length) {
      const grown = new Uint8Array(Math.max(data.length * 2, length + bytes.length));
      grown.set(data);
      data = grown;
    }
    for (let i = 0; i < bytes.length; i++) data[length + i] = bytes[i]!;
    length += bytes.length;
    starts[id + 1] = length;
  }
  return { data: data.slice(0, length), starts };
}

/** For each token, by id, the part of its bytes that counts: `data[from[id] … to[id] - 1]`. */
export interface TokenParts {
  readonly data: Uint8Array;
  readonly from: Int32Array;
  readonly to: Int32Array;
}

/** The whole bytes of each token. */
export function wholeTokens({ data, starts }: TokenBytes): TokenParts {
  return { data, from: starts, to: starts.subarray(1) };
}

/** So few tokens are sorted by insertion. */
const FEW = 12;

/** Puts the tokens in the order of their parts, a prefix before what it begins. */
export function sortTokens(parts: TokenParts, tokens: Int32Array): void {
  const keys = new Float64Array(tokens.length);
  const sorted = new Int32Array(tokens.length);
  const work = [0, tokens.length, 0];
  while (work.length > 0) {
    const depth = work.pop()!;
    const end = work.pop()!;
    const begin = work.pop()!;
    if (end - begin <= FEW) insertionSort(parts, tokens, begin, end, depth);
    else sortByKey(parts, tokens, { begin, end, depth }, keys, sorted, work);
  }
}

/** Sorts by the next few bytes, packed into a number with the place of the token; equal ones become new work. */
function sortByKey(
  { data, from, to }: TokenParts,
  tokens: Int32Array,
  { begin, end, depth }: { begin: number; end: number; depth: number },
  keys: Float64Array,
  sorted: Int32Array,
  work: number[],
): void {
  const count = end - begin;
  // 257 values for each byte and for the end; below 2^53 with the place.
  const width = 257 ** 4 * count < Number.MAX_SAFE_INTEGER ? 4 : 3;
  for (let i = 0; i < count; i++) {
    const token = tokens[begin + i]!;
    const start = from[token]! + depth;
    const length = to[token]! - start;
    let key = 0;
    for (let at = 0; at < width; at++) key = key * 257 + (at < length ? data[start + at]! + 1 : 0);
    keys[begin + i] = key * count + i;
  }
  const range = keys.subarray(begin, end).sort();
  for (let i = 0; i < count; i++) sorted[i] = tokens[begin + (range[i]! % count)]!;
  tokens.set(sorted.subarray(0, count), begin);
  let first = 0;
  for (let i = 1; i <= count; i++) {
    if (i < count && Math.floor(range[i]! / count) === Math.floor(range[first]! / count)) continue;
    // A key whose last digit is 0 has ended: the tokens are all the same.
    if (i - first > 1 && Math.floor(range[first]! / count) % 257 !== 0)
      work.push(begin + first, begin + i, depth + width);
    first = i;
  }
}

function insertionSort(
  { data, from, to }: TokenParts,
  tokens: Int32Array,
  begin: number,
  end: number,
  depth: number,
): void {
  for (let i = begin + 1; i < end; i++) {
    const token = tokens[i]!;
    let at = i;
    for (; at > begin && isAfter(tokens[at - 1]!, token); at--) tokens[at] = tokens[at - 1]!;
    tokens[at] = token;
  }

  function isAfter(left: number, right: number): boolean {
    let a = from[left]! + depth;
    let b = from[right]! + depth;
    const [aEnd, bEnd] = [to[left]!, to[right]!];
    while (a < aEnd && b < bEnd && data[a] === data[b]) {
      a++;
      b++;
    }
    if (a === aEnd) return false;
    return b === bEnd || data[a]! > data[b]!;
  }
}
