import type { LanguageModel } from "../../engine/context-sequence.ts";
import type { Token } from "../../engine/token.ts";
import type { LlamaText, LlamaTextValue } from "../../template/llama-text.ts";
import { findNamedToken, SpecialToken } from "../../template/special-token.ts";

/** The tokens of a text that continues another one. */
export function continuationTokens(text: LlamaText, model: LanguageModel): Token[] {
  return text.values.flatMap((value) => partTokens(value, model));
}

/** The tokens of one part of a text that continues another one. */
export function partTokens(value: LlamaTextValue, model: LanguageModel): Token[] {
  if (value instanceof SpecialToken) {
    const token = findNamedToken(value.value, model.tokens);
    return token === null ? [] : [token];
  }
  return model.tokenize(String(value), typeof value !== "string", "trimLeadingSpace");
}
