import type { TokenBytes } from "../../grammar/vocabulary.ts";
import type { NativeFunctions } from "../../native/declarations.ts";
import type { Pointer } from "../../native/structs.ts";

/** Kinds of vocabulary whose pieces are empty for unused tokens too, so that these need not be asked for. */
const KINDS_WITHOUT_UNUSED: ReadonlySet<string> = new Set(["spm", "bpe", "wpm", "ugm"]);
/** Bytes of a token, on average; for the first guess at the room. */
const USUAL_LENGTH = 8;

/**
 * The bytes of all tokens of a vocabulary at once, special ones standing for no text. One object for each of them, as
 * reading one after another makes, takes several times as long and hundreds of bytes each.
 */
export function readTokenBytes(
  { llama_token_to_piece }: NativeFunctions,
  vocab: Pointer,
  size: number,
  kind: string,
  isSpecial: (id: number) => boolean,
): TokenBytes {
  const starts = new Int32Array(size + 1);
  const skipsUnused = KINDS_WITHOUT_UNUSED.has(kind);
  let data = new Uint8Array(size * USUAL_LENGTH);
  let piece = new Uint8Array(256);
  let length = 0;
  for (let id = 0; id < size; id++) {
    let count = llama_token_to_piece(vocab, id, piece, piece.length, 0, false);
    if (count < 0) {
      piece = new Uint8Array(-count);
      count = llama_token_to_piece(vocab, id, piece, piece.length, 0, false);
    }
    if (count > 0 && (skipsUnused || !isSpecial(id))) {
      if (length + count > data.length) {
        const grown = new Uint8Array(Math.max(data.length * 2, length + count));
        grown.set(data);
        data = grown;
      }
      for (let i = 0; i < count; i++) data[length + i] = piece[i]!;
      length += count;
    }
    starts[id + 1] = length;
  }
  return { data: data.slice(0, length), starts };
}
