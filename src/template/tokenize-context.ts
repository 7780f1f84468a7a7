import type { LanguageModel } from "../engine/context-sequence.ts";
import type { Token } from "../engine/token.ts";
import { markerPattern } from "./chat-media.ts";
import type { LlamaText, LlamaTextValue } from "./llama-text.ts";
import { findNamedToken, SpecialToken, SpecialTokensText } from "./special-token.ts";

/** What tokenising needs of a model. */
export type TokenizingModel = Pick<LanguageModel, "tokenizer" | "tokens" | "spans">;

/** What the model reads in the place of an image or sound that was not prepared for it. */
const unpreparedMedia = "[media]";

/** Bounds of the memo: text parts, and characters of all of them together. */
const memoPartsMax = 4096;
const memoCharactersMax = 4_000_000;

/**
 * Tokens of rendered chats. Every part of a text (plain or special) is tokenised on its own, so the tokens of a part
 * never depend on its neighbours, and the tokens of parts seen before are remembered: a chat that grew by one message
 * costs one message.
 *
 * A BOS token at the very start is written only when the vocabulary's own tokenizer would write it: many ChatML
 * vocabularies name `<|im_start|>` as BOS without wanting it there.
 */
export class ContextTokenizer {
  readonly #model: TokenizingModel;
  readonly #memo = new Map<string, readonly Token[]>();
  #memoCharacters = 0;

  constructor(model: TokenizingModel) {
    this.#model = model;
  }

  tokenize(text: LlamaText): Token[] {
    const result: Token[] = [];
    for (const [index, value] of text.values.entries())
      for (const token of this.#part(value, index)) result.push(token);
    return result;
  }

  /** The tokens of every part of the text, in order: for callers that must know which text a token came from. */
  tokenizeParts(text: LlamaText): readonly (readonly Token[])[] {
    return text.values.map((value, index) => this.#part(value, index));
  }

  #part(value: LlamaTextValue, index: number): readonly Token[] {
    if (value instanceof SpecialToken) return tokenizePart(this.#model, value, index);
    const text = String(value);
    // Not remembered: what a marker stands for lives only as long as somebody holds it.
    if (markerPattern.test(text)) return tokenizePart(this.#model, value, index);
    const key = (value instanceof SpecialTokensText ? "s" : "p") + (index === 0 ? "0" : "1") + text;
    const known = this.#memo.get(key);
    if (known !== undefined) return known;
    const tokens = tokenizePart(this.#model, value, index);
    if (this.#memo.size >= memoPartsMax || this.#memoCharacters + key.length > memoCharactersMax)
      this.#forgetOldest();
    if (key.length <= memoCharactersMax) {
      this.#memo.set(key, tokens);
      this.#memoCharacters += key.length;
    }
    return tokens;
  }

  /** Drops the older half at once: a chat's own parts are all needed again for its next rendering. */
  #forgetOldest(): void {
    let remaining = Math.ceil(this.#memo.size / 2);
    for (const key of this.#memo.keys()) {
      if (remaining-- === 0) break;
      this.#memo.delete(key);
      this.#memoCharacters -= key.length;
    }
  }
}

const tokenizers = new WeakMap<TokenizingModel, ContextTokenizer>();

/**
 * The tokens of a rendered chat, with a bounded memo kept per model. @see ContextTokenizer
 *
 * @example
 * const { contextText } = wrapper.generateContextState({ chatHistory });
 * const tokens = tokenizeContext(contextText, model);
 */
export function tokenizeContext(text: LlamaText, model: TokenizingModel): Token[] {
  let tokenizer = tokenizers.get(model);
  if (tokenizer === undefined) tokenizers.set(model, (tokenizer = new ContextTokenizer(model)));
  return tokenizer.tokenize(text);
}

/** The same tokens without a memo: the obvious slow twin. */
export function tokenizeContextPlainly(text: LlamaText, model: TokenizingModel): Token[] {
  return text.values.flatMap((value, index) => tokenizePart(model, value, index));
}

function tokenizePart(model: TokenizingModel, value: LlamaTextValue, index: number): Token[] {
  const { tokenizer, tokens, spans } = model;
  if (value instanceof SpecialToken) {
    if (value.value === "BOS" && index === 0 && !tokens.shouldPrependBosToken) return [];
    const token = findNamedToken(value.value, tokens);
    return token === null ? [] : [token];
  }
  const isSpecial = value instanceof SpecialTokensText;
  const trim = index === 0 ? undefined : "trimLeadingSpace";
  const text = String(value);
  if (!markerPattern.test(text)) return tokenizer(text, isSpecial, trim);
  const pieces = text.split(markerPattern).filter((piece) => piece !== "");
  return pieces.flatMap((piece, at) => {
    const isMarker = markerPattern.test(piece);
    const plain = isMarker ? unpreparedMedia : piece;
    const known = isMarker ? spans?.tokensOf(piece) : undefined;
    return known ?? tokenizer(plain, isSpecial, at === 0 ? trim : "trimLeadingSpace");
  });
}
