/**
 * A token id of a model's vocabulary.
 * Branded so that an arbitrary number is not taken for a token by mistake.
 */
export type Token = number & { readonly __token: never };

/** How {@link Tokenizer} treats the text's first word: SentencePiece vocabularies put a space before it. */
export type TokenizerOptions = "trimLeadingSpace";

/** Turns tokens into text. `lastTokens` are the tokens before, for vocabularies in which they change the text. */
export type Detokenizer = (
  tokens: readonly Token[],
  specialTokens?: boolean,
  lastTokens?: readonly Token[],
) => string;

/** Turns text into tokens. With `specialTokens` false (the default), `"<|im_end|>"` is plain text. */
export interface Tokenizer {
  (text: string, specialTokens?: boolean, options?: TokenizerOptions): Token[];
  detokenize: Detokenizer;
  isSpecialToken(token: Token | undefined): boolean;
  isEogToken(token: Token | undefined): boolean;
  /** The special tokens that have a name, so that a text with special tokens needs nothing but the tokenizer. */
  readonly namedTokens?: NamedTokens;
}

/** The special tokens of a vocabulary that have a name; `null` where the vocabulary has none. */
export interface NamedTokens {
  readonly bos: Token | null;
  readonly eos: Token | null;
  readonly eot: Token | null;
  readonly sep: Token | null;
  readonly nl: Token | null;
  readonly bosString: string | null;
  readonly eosString: string | null;
  readonly eotString: string | null;
  readonly sepString: string | null;
  readonly nlString: string | null;
  /** Whether the vocabulary's own tokenizer puts the BOS token before a text. */
  readonly shouldPrependBosToken: boolean;
  readonly shouldAppendEosToken: boolean;
}
