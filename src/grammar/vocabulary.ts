/** The bytes of all tokens of a vocabulary in one piece. */
export interface TokenBytes {
  readonly data: Uint8Array;
  /** The bytes of token `id` are `data[starts[id] … starts[id + 1] - 1]`. */
  readonly starts: Int32Array;
}

/** What the grammar engine must know of a model's vocabulary. */
export interface GrammarVocabulary {
  /** Number of token ids. */
  readonly size: number;
  /** The bytes that a token stands for; empty when it stands for no text (control tokens). */
  tokenBytes(id: number): Uint8Array;
  /** What {@link tokenBytes} says of every token: where that is faster than to ask for one after another. */
  allTokenBytes?(): TokenBytes;
  /** Tokens that end a generation: allowed exactly where the grammar may end. */
  readonly endTokens: readonly number[];
  /** The canonical tokens of a text, special tokens not parsed and no prefix space added. */
  tokenize(text: string): number[];
  /** The token with this name, control tokens such as `<|im_end|>` included; for grammars that name tokens by text. */
  findToken?(text: string): number | undefined;
}
