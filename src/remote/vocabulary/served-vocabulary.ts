import { createHash } from "node:crypto";
import { Disposable } from "../../base/disposable.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import { LeastRecentlyUsed } from "../../base/least-recently-used.ts";
import { createTokenizer, type LlamaVocabularyType } from "../../engine/model/vocabulary.ts";
import type { NamedTokens, Token, Tokenizer } from "../../engine/token.ts";
import type { RemoteVocabulary } from "./remote-vocabulary.ts";

/** What an engine told about the vocabulary of the model that it serves. */
export interface ServedVocabularyFacts {
  readonly type: LlamaVocabularyType;
  /** The bytes of each token, as they are written when special tokens are. */
  readonly pieces: readonly Uint8Array[];
  /** Tokens that plain text cannot produce. */
  readonly specialTokens: ReadonlySet<number>;
  /** Tokens that end a generation. */
  readonly endTokens: ReadonlySet<number>;
  readonly bosString: string | null;
  readonly eosString: string | null;
  readonly prependsBos: boolean;
  readonly appendsEos: boolean;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly filename: string;
  readonly trainContextSize: number;
}

/** The engine's own tokens of a text, with nothing put in front. */
export type EncodeNow = (text: string, parseSpecial: boolean) => Token[];

/** Characters of texts whose tokens are kept. A chat's texts come again with every turn. */
const keptCharactersMax = 4_000_000;
const noBytes = new Uint8Array();
const decoder = new TextDecoder();

/**
 * Names that llama.cpp takes for the end of a turn where a file does not say which token that is
 * (`llama-vocab.cpp`, "find EOT token").
 */
const turnEnds = [
  "<|eot_id|>",
  "<|im_end|>",
  "<|end|>",
  "<end_of_turn>",
  "<|endoftext|>",
  "<|end_of_text|>",
  "<EOT>",
  "_<EOT>",
  "[EOT]",
  "<｜end▁of▁sentence｜>",
  "<end_of_utterance>",
];

/**
 * A vocabulary without its file: tokens to bytes by a table that was fetched once, text to tokens by asking the engine.
 * `tokenize()` answers at once, so that the process stands still for one request at each text that is new.
 */
export class ServedVocabulary extends Disposable implements RemoteVocabulary {
  readonly tokenizer: Tokenizer;
  readonly tokens: NamedTokens;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly filename: string;
  readonly trainContextSize: number;
  readonly vocabularySize: number;
  readonly type: LlamaVocabularyType;
  readonly fingerprint: string;
  readonly #facts: ServedVocabularyFacts;
  readonly #encodeNow: EncodeNow;
  readonly #known = new LeastRecentlyUsed<readonly Token[]>(keptCharactersMax);
  readonly #putsSpaceInFront: boolean;

  constructor(facts: ServedVocabularyFacts, encodeNow: EncodeNow) {
    super("The vocabulary");
    this.#facts = facts;
    this.#encodeNow = encodeNow;
    this.metadata = facts.metadata;
    this.filename = facts.filename;
    this.trainContextSize = facts.trainContextSize;
    this.vocabularySize = facts.pieces.length;
    this.type = facts.type;
    this.fingerprint = fingerprintOf(facts);
    this.#putsSpaceInFront =
      this.type !== "bpe" && this.#pieceText(this.encode("a", false)[0], true).startsWith(" ");
    this.tokens = this.#findNames();
    this.tokenizer = Object.assign(createTokenizer(this), { namedTokens: this.tokens });
  }

  get tokenize(): Tokenizer {
    return this.tokenizer;
  }
  get detokenize(): Tokenizer["detokenize"] {
    return this.tokenizer.detokenize;
  }

  /** Exact tokens of a text, from the engine or from an earlier answer of it. */
  encode(text: string, parseSpecial: boolean): Token[] {
    this.scope.check();
    if (text === "") return [];
    const key = `${parseSpecial ? "special" : "plain"} ${text}`;
    let tokens = this.#known.get(key);
    if (tokens === undefined) {
      tokens = this.#encodeNow(text, parseSpecial);
      this.#known.set(key, tokens, key.length);
    }
    return [...tokens];
  }

  decode(tokens: readonly Token[], unparseSpecial: boolean): string {
    this.scope.check();
    // A negative id stands for media, which have no text.
    const words = tokens.filter((token) => !(token < 0));
    for (const token of words) this.#checkId(token);
    const text = decoder.decode(Buffer.concat(words.map((token) => this.#bytes(token, unparseSpecial))));
    const isFirstSpaceAdded =
      this.#putsSpaceInFront && this.#pieceText(words[0], unparseSpecial).startsWith(" ");
    return isFirstSpaceAdded ? text.slice(1) : text;
  }

  tokenBytes(token: Token): Uint8Array {
    return token < 0 ? noBytes : this.#bytes(token, false);
  }
  isSpecialToken(token: number | undefined): boolean {
    return token !== undefined && this.#facts.specialTokens.has(token);
  }
  isEogToken(token: Token | undefined): boolean {
    return token !== undefined && this.#facts.endTokens.has(token);
  }
  isEndToken(token: number): boolean {
    return this.#facts.endTokens.has(token);
  }

  #bytes(token: number, special: boolean): Uint8Array {
    this.#checkId(token);
    return !special && this.#facts.specialTokens.has(token) ? noBytes : this.#facts.pieces[token]!;
  }

  #pieceText(token: number | undefined, special: boolean): string {
    return token === undefined ? "" : decoder.decode(this.#bytes(token, special));
  }

  #checkId(id: number): void {
    if (!Number.isInteger(id) || id < 0 || id >= this.vocabularySize)
      throw new InvalidArgumentError(`Token ${id} is not in the vocabulary of ${this.vocabularySize} tokens`);
  }

  #findNames(): NamedTokens {
    const { bosString, eosString, endTokens, prependsBos, appendsEos } = this.#facts;
    const ends = new Map([...endTokens].map((id) => [this.#pieceText(id, true), id as Token]));
    const eotString = turnEnds.find((name) => ends.has(name)) ?? null;
    const single = (text: string | null): Token | null => {
      const tokens = text === null || text === "" ? [] : this.encode(text, true);
      return tokens.length === 1 ? tokens[0]! : null;
    };
    const [bos, eos, nl] = [single(bosString), single(eosString), this.encode("\n", false).at(-1) ?? null];
    return {
      bos,
      eos,
      eot: eotString === null ? null : ends.get(eotString)!,
      sep: null,
      nl,
      bosString: bos === null ? null : bosString,
      eosString: eos === null ? null : eosString,
      eotString,
      sepString: null,
      nlString: nl === null ? null : this.#pieceText(nl, true),
      shouldPrependBosToken: prependsBos,
      shouldAppendEosToken: appendsEos,
    };
  }
}

function fingerprintOf({ endTokens, metadata, pieces }: ServedVocabularyFacts): string {
  const hash = createHash("sha256").update(JSON.stringify([pieces.length, [...endTokens], metadata]));
  const separator = Uint8Array.of(0xff);
  for (const piece of pieces) hash.update(piece).update(separator);
  return `served-${hash.digest("hex")}`;
}
