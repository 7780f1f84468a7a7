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

/** The tokens in the order of their parts, a prefix before what it begins: three-way radix quicksort. */
export function sortTokens({ data, from, to }: TokenParts, tokens: Int32Array): void {
  const work = [0, tokens.length, 0];
  while (work.length > 0) {
    const depth = work.pop()!;
    const end = work.pop()!;
    const begin = work.pop()!;
    if (end - begin < 2) continue;
    const pivot = byteAt(tokens[begin + ((end - begin) >> 1)]!, depth);
    let [less, i, greater] = [begin, begin, end];
    while (i < greater) {
      const token = tokens[i]!;
      const byte = byteAt(token, depth);
      if (byte < pivot) {
        tokens[i++] = tokens[less]!;
        tokens[less++] = token;
      } else if (byte > pivot) {
        tokens[i] = tokens[--greater]!;
        tokens[greater] = token;
      } else i++;
    }
    work.push(begin, less, depth, greater, end, depth);
    if (pivot >= 0) work.push(less, greater, depth + 1);
  }

  /** -1 past the end. */
  function byteAt(token: number, depth: number): number {
    const at = from[token]! + depth;
    return at < to[token]! ? data[at]! : -1;
  }
}
