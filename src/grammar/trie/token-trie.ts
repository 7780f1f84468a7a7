import { InvalidArgumentError } from "../../base/errors.ts";
import { NEAR_CHARACTERS } from "../automaton/automaton.ts";
import { complementRanges, normalizeRanges } from "../code-points.ts";
import type { CodePointRange } from "../ir.ts";
import type { GrammarVocabulary, TokenBytes } from "../vocabulary.ts";
import { buildFlatTrie, type FlatTrie } from "./flat-trie.ts";
import { sortTokens } from "./sort-tokens.ts";
import { readTokenBytes, wholeTokens } from "./token-bytes.ts";
import { buildTokenSlice, type TokenSlice } from "./token-slice.ts";

/**
 * What most open strings take, so that the first mask need not wait for it: everything but controls, quote and
 * backslash, surrogates excepted.
 */
const COMMON_SLICE: readonly CodePointRange[] = complementRanges([
  [0, 0x1f],
  [0x22, 0x22],
  [0x5c, 0x5c],
  [0x7f, 0x7f],
  [0xd800, 0xdfff],
]);

/** Texts of which the tokens are kept; forced texts are short. */
const TEXTS_KEPT = 1024;

/**
 * The tokens of one vocabulary, arranged for masks. Build it once per model and share it:
 * it is not changed by its use.
 *
 * @example
 * const trie = TokenTrie.from(vocabulary);
 * const matcher = grammar.matcher(trie);
 */
export class TokenTrie {
  readonly vocabulary: GrammarVocabulary;
  /** The tokens that end a generation, each once, in ascending order. */
  readonly endTokens: readonly number[];
  /** Words of a mask: one bit per token id. */
  readonly wordCount: number;
  readonly bytes: TokenBytes;
  readonly trie: FlatTrie;
  /** The tokens of more than {@link NEAR_CHARACTERS} characters. */
  readonly longTokens: FlatTrie;
  /** The same tokens as a mask. */
  readonly longWords: Uint32Array;
  /** Room for a list of token ids, for whoever is at work: nobody leaves anything in it. */
  readonly scratch: Int32Array;
  readonly #isEnd: Uint8Array;
  readonly #slices = new Map<string, TokenSlice>();
  readonly #tokenized = new Map<string, readonly number[]>();

  private constructor(vocabulary: GrammarVocabulary) {
    this.vocabulary = vocabulary;
    this.endTokens = [...new Set(vocabulary.endTokens)].sort((a, b) => a - b);
    this.wordCount = (vocabulary.size + 31) >>> 5;
    this.scratch = new Int32Array(vocabulary.size);
    this.bytes = readTokenBytes(vocabulary);
    this.#isEnd = new Uint8Array(vocabulary.size);
    for (const id of vocabulary.endTokens) this.#isEnd[id] = 1;
    const { starts } = this.bytes;
    const tokens = new Int32Array(vocabulary.size);
    let count = 0;
    for (let id = 0; id < vocabulary.size; id++)
      if (starts[id + 1]! > starts[id]! && this.#isEnd[id] === 0) tokens[count++] = id;
    const sorted = tokens.slice(0, count);
    sortTokens(wholeTokens(this.bytes), sorted);
    this.trie = buildFlatTrie(wholeTokens(this.bytes), sorted);
    this.longTokens = buildFlatTrie(
      wholeTokens(this.bytes),
      sorted.filter((id) => isLong(this.bytes, id)),
    );
    this.longWords = new Uint32Array(this.wordCount);
    for (const id of this.longTokens.tokens) this.longWords[id >>> 5]! |= 1 << (id & 31);
    this.slice(COMMON_SLICE);
  }

  /**
   * Arranges a vocabulary. About 0.4 µs per token.
   *
   * @throws ColloquyError `invalid-argument` for a vocabulary without tokens or with end tokens that it does not have
   */
  static from(vocabulary: GrammarVocabulary): TokenTrie {
    if (!Number.isSafeInteger(vocabulary.size) || vocabulary.size < 1)
      throw new InvalidArgumentError(`A vocabulary cannot have ${vocabulary.size} tokens`);
    for (const id of vocabulary.endTokens)
      if (!Number.isSafeInteger(id) || id < 0 || id >= vocabulary.size)
        throw new InvalidArgumentError(
          `End token ${id} is not in the vocabulary of ${vocabulary.size} tokens`,
        );
    return new TokenTrie(vocabulary);
  }

  /** Whether a token ends a generation. */
  isEnd(token: number): boolean {
    return this.#isEnd[token] === 1;
  }

  /** The canonical tokens of a text; those of the last texts are kept, since grammars ask for the same ones again. */
  tokenize(text: string): readonly number[] {
    let tokens = this.#tokenized.get(text);
    if (tokens === undefined) {
      tokens = this.vocabulary.tokenize(text);
      if (this.#tokenized.size >= TEXTS_KEPT) this.#tokenized.clear();
      this.#tokenized.set(text, tokens);
    }
    return tokens;
  }

  /** The slices made so far. */
  get slices(): Iterable<TokenSlice> {
    return this.#slices.values();
  }

  /** The slice for a set of characters, built when it is first asked for. */
  slice(ranges: readonly CodePointRange[]): TokenSlice {
    const normalized = normalizeRanges(ranges);
    const key = normalized.join(";");
    let slice = this.#slices.get(key);
    if (slice === undefined) {
      slice = buildTokenSlice(this.bytes, this.trie, normalized, this.wordCount);
      this.#slices.set(key, slice);
    }
    return slice;
  }
}

function isLong({ data, starts }: TokenBytes, token: number): boolean {
  const end = starts[token + 1]!;
  let at = starts[token]!;
  if (end - at <= NEAR_CHARACTERS) return false;
  let characters = 0;
  for (; at < end; at++) if ((data[at]! & 0xc0) !== 0x80) characters++;
  return characters > NEAR_CHARACTERS;
}
