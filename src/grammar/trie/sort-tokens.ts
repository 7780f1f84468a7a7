import type { TokenParts } from "./token-bytes.ts";

/** So few tokens are sorted by insertion. */
const FEW = 24;
/** A byte, or the end, which comes before all bytes. */
const KEYS = 257;

/** Puts the tokens in the order of their parts, a prefix before what it begins; equal ones stay as they were. */
export function sortTokens(parts: TokenParts, tokens: Int32Array): void {
  if (tokens.length <= FEW) {
    insertionSort(parts, tokens, 0, tokens.length, 0);
    return;
  }
  const { data, from, to } = parts;
  const sorted = new Int32Array(tokens.length);
  const keys = new Uint16Array(tokens.length);
  const places = new Int32Array(KEYS + 1);
  const work = [0, tokens.length, 0];
  while (work.length > 0) {
    const depth = work.pop()!;
    const end = work.pop()!;
    const begin = work.pop()!;
    places.fill(0);
    for (let i = begin; i < end; i++) {
      const at = from[tokens[i]!]! + depth;
      const key = at < to[tokens[i]!]! ? data[at]! + 1 : 0;
      keys[i] = key;
      places[key + 1]!++;
    }
    for (let key = 0; key < KEYS; key++) places[key + 1]! += places[key]!;
    for (let i = begin; i < end; i++) sorted[places[keys[i]!]!++] = tokens[i]!;
    for (let i = begin; i < end; i++) tokens[i] = sorted[i - begin]!;
    // Each place has moved to where the next key begins; tokens that have ended are all the same.
    for (let key = 1; key < KEYS; key++) {
      const first = begin + places[key - 1]!;
      const last = begin + places[key]!;
      if (last - first > FEW) work.push(first, last, depth + 1);
      else if (last - first > 1) insertionSort(parts, tokens, first, last, depth + 1);
    }
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
    const start = from[token]! + depth;
    const stop = to[token]!;
    let at = i;
    for (; at > begin; at--) {
      const other = tokens[at - 1]!;
      let a = from[other]! + depth;
      let b = start;
      const aEnd = to[other]!;
      while (a < aEnd && b < stop && data[a] === data[b]) {
        a++;
        b++;
      }
      if (a === aEnd || (b < stop && data[a]! < data[b]!)) break;
      tokens[at] = other;
    }
    tokens[at] = token;
  }
}
