import { InvalidArgumentError } from "../../base/errors.ts";
import type { GrammarVocabulary, TokenBytes } from "../vocabulary.ts";

const LONGEST_TOKEN = 0xffff;

/** Reads the bytes of every token once. */
export function readTokenBytes(vocabulary: GrammarVocabulary): TokenBytes {
  if (vocabulary.allTokenBytes !== undefined) return checked(vocabulary, vocabulary.allTokenBytes());
  let data = new Uint8Array(vocabulary.size * 8);
  const starts = new Int32Array(vocabulary.size + 1);
  let length = 0;
  for (let id = 0; id < vocabulary.size; id++) {
    const bytes = vocabulary.tokenBytes(id);
    checkLength(id, bytes.length);
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

function checked(vocabulary: GrammarVocabulary, bytes: TokenBytes): TokenBytes {
  const { starts } = bytes;
  if (starts.length !== vocabulary.size + 1)
    throw new InvalidArgumentError(
      `There are bytes of ${starts.length - 1} tokens, not of ${vocabulary.size}`,
    );
  for (let id = 0; id < vocabulary.size; id++) checkLength(id, starts[id + 1]! - starts[id]!);
  return bytes;
}

function checkLength(id: number, length: number): void {
  if (length > LONGEST_TOKEN)
    throw new InvalidArgumentError(`Token ${id} has ${length} bytes, more than ${LONGEST_TOKEN}`);
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
