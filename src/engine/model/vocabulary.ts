import { InvalidArgumentError } from "../../base/errors.ts";
import type { GrammarVocabulary } from "../../grammar/vocabulary.ts";
import type { NativeFunctions } from "../../native/declarations.ts";
import type { Pointer } from "../../native/structs.ts";
import type { NamedTokens, Token, Tokenizer, TokenizerOptions } from "../token.ts";
import { readTokenBytes } from "./read-token-bytes.ts";
import { TokenAttributes, tokenAttributeBits } from "./token-attributes.ts";

const encoder = new TextEncoder();
/** Of ids that stand for media. */
const noBytes = new Uint8Array();
const decoder = new TextDecoder();

/** Kinds of vocabulary, as in llama.h. */
export const LlamaVocabularyType = {
  none: "none",
  spm: "spm",
  bpe: "bpe",
  wpm: "wpm",
  ugm: "ugm",
  rwkv: "rwkv",
  plamo2: "plamo2",
} as const;
export type LlamaVocabularyType = (typeof LlamaVocabularyType)[keyof typeof LlamaVocabularyType];

/** A model's vocabulary: text to tokens, tokens to bytes. Calls C synchronously; a call costs well under 10 µs. */
export class Vocabulary implements GrammarVocabulary {
  readonly size: number;
  readonly type: LlamaVocabularyType;
  readonly #functions: NativeFunctions;
  readonly #vocab: Pointer;
  readonly #checkAlive: () => void;
  readonly #pieces: (Uint8Array | undefined)[] = [];
  #ids = new Int32Array(1024);
  #text = new Uint8Array(4096);
  #endTokens: number[] | undefined;

  constructor(functions: NativeFunctions, vocab: Pointer, checkAlive: () => void) {
    this.#functions = functions;
    this.#vocab = vocab;
    this.#checkAlive = checkAlive;
    this.size = functions.llama_vocab_n_tokens(vocab);
    this.type = Object.values(LlamaVocabularyType)[functions.llama_vocab_type(vocab)] ?? "none";
  }

  get endTokens(): readonly number[] {
    this.#endTokens ??= this.#findEndTokens();
    return this.#endTokens;
  }

  /** Exact tokens of a text; no special token is added, and special tokens are parsed only with `parseSpecial`. */
  encode(text: string, parseSpecial: boolean): Token[] {
    this.#checkAlive();
    if (text === "") return [];
    const bytes = encoder.encode(text);
    // A token stands for at least one byte, plus the space that some vocabularies put in front.
    if (this.#ids.length < bytes.length + 2) this.#ids = new Int32Array(2 * (bytes.length + 2));
    const tokenize = () =>
      this.#functions.llama_tokenize(
        this.#vocab,
        bytes,
        bytes.length,
        this.#ids,
        this.#ids.length,
        false,
        parseSpecial,
      );
    let count = tokenize();
    if (count < 0) {
      this.#ids = new Int32Array(-count);
      count = tokenize();
    }
    return Array.from(this.#ids.subarray(0, count)) as Token[];
  }

  decode(tokens: readonly Token[], unparseSpecial: boolean): string {
    this.#checkAlive();
    if (tokens.length === 0) return "";
    // A negative id stands for media, which have no text.
    const words = tokens.filter((token) => !(token < 0));
    for (const id of words) this.#checkId(id);
    // llama.cpp takes the space before a punctuation mark away for some byte-pair vocabularies, which would make a text
    // differ from the tokens that it came from. The pieces themselves are exact.
    if (this.type === "bpe") return this.#joinPieces(words, unparseSpecial);
    const ids = Int32Array.from(words);
    const call = () =>
      this.#functions.llama_detokenize(
        this.#vocab,
        ids,
        ids.length,
        this.#text,
        this.#text.length,
        false,
        unparseSpecial,
      );
    let length = call();
    if (length < 0) {
      this.#text = new Uint8Array(2 * -length);
      length = call();
    }
    return decoder.decode(this.#text.subarray(0, length));
  }

  #joinPieces(ids: readonly number[], special: boolean): string {
    const pieces = ids.map((id) => (special ? this.#readPiece(id, true) : this.tokenBytes(id)));
    return decoder.decode(Buffer.concat(pieces));
  }

  tokenBytes(id: number): Uint8Array {
    return id < 0 ? noBytes : (this.#pieces[id] ??= this.#readPiece(id, false));
  }

  /** The vocabulary as grammars see it: special tokens stand for no text, and all bytes are read at once. */
  forGrammars(): GrammarVocabulary {
    const { size, endTokens } = this;
    return {
      size,
      endTokens,
      tokenBytes: (id) => (this.isSpecialToken(id) ? noBytes : this.tokenBytes(id)),
      allTokenBytes: () => {
        this.#checkAlive();
        return readTokenBytes(this.#functions, this.#vocab, size, this.type, (id) => this.isSpecialToken(id));
      },
      tokenize: (text) => this.tokenize(text),
      findToken: (text) => onlyToken(this.encode(text, true)),
    };
  }

  /** The text of a token as it is written in a template, e.g. `<|im_end|>`; `null` for no token. */
  specialText(id: Token | null): string | null {
    return id === null ? null : decoder.decode(this.#readPiece(id, true));
  }

  tokenize(text: string): number[] {
    return this.encode(text, false);
  }

  isEndToken(id: number): boolean {
    return this.#inRange(id) && this.#functions.llama_vocab_is_eog(this.#vocab, id);
  }

  attributes(id: number): TokenAttributes {
    this.#checkAlive();
    this.#checkId(id);
    return new TokenAttributes(this.#functions.llama_vocab_get_attr(this.#vocab, id));
  }

  /** Control, unknown and unused tokens, and the vocabulary's added ones: nothing that plain text can produce. */
  isSpecialToken(id: number): boolean {
    if (!this.#inRange(id)) return false;
    const { control, unknown, unused, undefined: none } = tokenAttributeBits;
    const bits = this.#functions.llama_vocab_get_attr(this.#vocab, id);
    return bits === none || (bits & (control | unknown | unused)) !== 0;
  }

  namedTokens(): NamedTokens & { readonly infill: Record<"prefix" | "middle" | "suffix", Token | null> } {
    const f = this.#functions;
    const token = (id: number) => (id < 0 ? null : (id as Token));
    const bos = token(f.llama_vocab_bos(this.#vocab));
    const eos = token(f.llama_vocab_eos(this.#vocab));
    const eot = token(f.llama_vocab_eot(this.#vocab));
    const sep = token(f.llama_vocab_sep(this.#vocab));
    const nl = token(f.llama_vocab_nl(this.#vocab));
    return {
      bos,
      eos,
      eot,
      sep,
      nl,
      bosString: this.specialText(bos),
      eosString: this.specialText(eos),
      eotString: this.specialText(eot),
      sepString: this.specialText(sep),
      nlString: this.specialText(nl),
      shouldPrependBosToken: f.llama_vocab_get_add_bos(this.#vocab),
      shouldAppendEosToken: f.llama_vocab_get_add_eos(this.#vocab),
      infill: {
        prefix: token(f.llama_vocab_fim_pre(this.#vocab)),
        middle: token(f.llama_vocab_fim_mid(this.#vocab)),
        suffix: token(f.llama_vocab_fim_suf(this.#vocab)),
      },
    };
  }

  #inRange(id: number): boolean {
    this.#checkAlive();
    return Number.isInteger(id) && id >= 0 && id < this.size;
  }

  #checkId(id: number): void {
    if (!Number.isInteger(id) || id < 0 || id >= this.size)
      throw new InvalidArgumentError(`Token ${id} is not in the vocabulary of ${this.size} tokens`);
  }

  #readPiece(id: number, special: boolean): Uint8Array {
    this.#checkAlive();
    this.#checkId(id);
    const { llama_token_to_piece } = this.#functions;
    let length = llama_token_to_piece(this.#vocab, id, this.#text, this.#text.length, 0, special);
    if (length < 0) {
      this.#text = new Uint8Array(-length);
      length = llama_token_to_piece(this.#vocab, id, this.#text, this.#text.length, 0, special);
    }
    return length === 0 ? noBytes : this.#text.slice(0, length);
  }

  #findEndTokens(): number[] {
    this.#checkAlive();
    const tokens: number[] = [];
    for (let id = 0; id < this.size; id++)
      if (this.#functions.llama_vocab_is_eog(this.#vocab, id)) tokens.push(id);
    return tokens;
  }
}

/** What of a vocabulary makes a tokenizer. */
export type TokenizerVocabulary = Pick<
  Vocabulary,
  "type" | "encode" | "decode" | "isSpecialToken" | "isEndToken"
>;

/** The public, callable form of a vocabulary. */
export function createTokenizer(vocabulary: TokenizerVocabulary): Tokenizer {
  const tokenize = (text: string, specialTokens = false, options?: TokenizerOptions): Token[] => {
    if (typeof text !== "string")
      throw new InvalidArgumentError(`tokenize() takes a string, not ${typeof text}`);
    const tokens = vocabulary.encode(text, specialTokens);
    if (options !== "trimLeadingSpace" || vocabulary.type !== "spm" || text.startsWith(" ")) return tokens;
    return withoutLeadingSpace(vocabulary, text, tokens, specialTokens);
  };
  return Object.assign(tokenize, {
    detokenize: (
      tokens: readonly Token[],
      specialTokens = false,
      lastTokens: readonly Token[] = [],
    ): string => {
      if (lastTokens.length === 0) return vocabulary.decode(tokens, specialTokens);
      const before = vocabulary.decode(lastTokens, specialTokens);
      return vocabulary.decode([...lastTokens, ...tokens], specialTokens).slice(before.length);
    },
    isSpecialToken: (token: Token | undefined) => token !== undefined && vocabulary.isSpecialToken(token),
    isEogToken: (token: Token | undefined) => token !== undefined && vocabulary.isEndToken(token),
  });
}

/** SentencePiece puts a space before a text. Tokenising after a newline shows the tokens without it. */
function withoutLeadingSpace(
  vocabulary: TokenizerVocabulary,
  text: string,
  tokens: Token[],
  specialTokens: boolean,
): Token[] {
  const newline = vocabulary.encode("\n", false);
  const after = vocabulary.encode(`\n${text}`, specialTokens);
  return newline.every((token, index) => after[index] === token) ? after.slice(newline.length) : tokens;
}

function onlyToken(tokens: readonly number[]): number | undefined {
  return tokens.length === 1 ? tokens[0] : undefined;
}
