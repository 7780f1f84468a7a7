import { InvalidArgumentError } from "../../base/errors.ts";
import type { LlamaModel } from "../model/llama-model.ts";
import type { Token, Tokenizer, TokenizerOptions } from "../token.ts";

/** A text, its tokens, or anything that can tokenize itself, such as a `LlamaText`. */
export type EvaluatorInput =
  | string
  | readonly Token[]
  | { tokenize(tokenizer: Tokenizer, options?: TokenizerOptions): Token[] };

/**
 * The tokens of an input, a list of its own. Special tokens in a plain text stay text.
 * @throws InvalidArgumentError
 */
export function tokenizeInput(model: LlamaModel, input: EvaluatorInput, options?: TokenizerOptions): Token[] {
  if (typeof input === "string") return model.tokenize(input, false, options);
  if (isTokenList(input)) {
    const { vocabularySize } = model;
    const wrong = input.find((token) => !(Number.isInteger(token) && token >= 0 && token < vocabularySize));
    if (wrong !== undefined)
      throw new InvalidArgumentError(`${String(wrong)} is not a token of this model's ${vocabularySize}`);
    return [...input];
  }
  if (typeof input === "object" && input !== null && typeof input.tokenize === "function")
    return input.tokenize(model.tokenizer, options);
  throw new InvalidArgumentError("The input must be a text, a list of tokens or a LlamaText");
}

function isTokenList(input: EvaluatorInput): input is readonly Token[] {
  return Array.isArray(input);
}

/**
 * Puts the tokens around a text that the vocabulary's own tokenizer puts there, unless they are there already: the rules
 * of `llama_vocab::tokenize` in llama.cpp.
 */
export function addBoundaryTokens(model: LlamaModel, tokens: Token[]): Token[] {
  const first = beginningToken(model);
  const last = endToken(model);
  if (first !== null && tokens[0] !== first) tokens.unshift(first);
  if (last !== null && tokens.at(-1) !== last) tokens.push(last);
  return tokens;
}

function beginningToken({ tokens, vocabularyType }: LlamaModel): Token | null {
  if (vocabularyType === "rwkv" || vocabularyType === "ugm") return null;
  return vocabularyType === "wpm" || tokens.shouldPrependBosToken ? tokens.bos : null;
}

function endToken({ tokens, vocabularyType }: LlamaModel): Token | null {
  if (vocabularyType === "rwkv") return null;
  if (vocabularyType === "wpm") return tokens.sep;
  return vocabularyType === "ugm" || tokens.shouldAppendEosToken ? tokens.eos : null;
}
