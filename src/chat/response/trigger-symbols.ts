import type { LanguageModel } from "../../engine/context-sequence.ts";
import type { StopTrigger } from "../../engine/sequence-grammar.ts";
import type { Token } from "../../engine/token.ts";
import { LlamaText } from "../../template/llama-text.ts";
import { continuationTokens } from "./continuation-tokens.ts";

/**
 * A reply as the response parser reads it: one symbol for each byte of text, and one symbol (256 + id) for each token
 * that stands for no text. So a trigger is found wherever the tokens happen to be cut.
 */
export function tokenSymbols(token: Token, model: LanguageModel): readonly number[] | Uint8Array {
  const bytes = model.tokenBytes(token);
  return bytes.length === 0 ? [256 + token] : bytes;
}

/**
 * The sequences of symbols that a trigger stands for. Mostly one; two when the trigger's text is also the name of a
 * special token of the vocabulary, so that `"<|im_end|>"` is found as text and as the token.
 */
export function triggerSymbols(trigger: StopTrigger, model: LanguageModel): readonly (readonly number[])[] {
  const plain: number[] = [];
  const special: number[] = [];
  const pushToken = (list: number[], token: Token) => {
    for (const symbol of tokenSymbols(token, model)) list.push(symbol);
  };
  const pushText = (text: string) => {
    for (const byte of new TextEncoder().encode(text)) plain.push(byte);
    for (const token of model.tokenize(text, true, "trimLeadingSpace")) pushToken(special, token);
  };
  for (const value of triggerValues(trigger)) {
    if (typeof value === "string") pushText(value);
    else {
      const tokens = typeof value === "number" ? [value] : continuationTokens(LlamaText([value]), model);
      for (const token of tokens) {
        pushToken(plain, token);
        pushToken(special, token);
      }
    }
  }
  // Vocabularies may put a space before a text, so the second reading counts only when it has a special token.
  const hasSpecial = special.some((symbol) => symbol >= 256);
  const readings = hasSpecial && special.join() !== plain.join() ? [plain, special] : [plain];
  return readings.filter((symbols) => symbols.length > 0);
}

type TriggerValue = string | Token | Exclude<LlamaText["values"][number], string>;

function triggerValues(trigger: StopTrigger): readonly TriggerValue[] {
  if (typeof trigger === "string") return [trigger];
  return (Array.isArray(trigger) ? trigger : (trigger as LlamaText).values) as readonly TriggerValue[];
}

/** A trigger in the form in which it is reported: texts and tokens that follow each other. */
export function describeTrigger(trigger: StopTrigger, model: LanguageModel): (string | Token)[] {
  return triggerValues(trigger).flatMap((value) =>
    typeof value === "string" || typeof value === "number"
      ? [value]
      : continuationTokens(LlamaText([value]), model),
  );
}
