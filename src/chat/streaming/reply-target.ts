import { InvalidArgumentError } from "../../base/errors.ts";
import type { LanguageModel } from "../../engine/context-sequence.ts";
import type { Token } from "../../engine/token.ts";
import { type EmbeddedChat, wholeChat } from "../history/embed-chat.ts";

/** A text as it is, tokens, or what `history.embedChat()` returned. */
export type ReplyInput = string | readonly Token[] | EmbeddedChat;

/**
 * Everything that a reply answers. The input of a chat stands for the chat up to it, whatever the cache holds; a text
 * and plain tokens go on behind what the cache holds. A text is not put into a template.
 *
 * @throws ColloquyError `invalid-argument`
 */
export function replyTarget(
  input: ReplyInput,
  held: readonly Token[],
  model: LanguageModel,
): readonly Token[] {
  const given = typeof input === "string" ? tokensOfText(input, held, model) : plainInput(input);
  const target = wholeChat(given) ?? [...held, ...given];
  // Negative ids stand for images and sounds.
  const least = model.spans === undefined ? 0 : Number.NEGATIVE_INFINITY;
  const wrong = target.find(
    (token) => !Number.isInteger(token) || token >= model.vocabularySize || token < least,
  );
  if (wrong !== undefined) throw new InvalidArgumentError(`${String(wrong)} is no token of the model`);
  if (target.length === 0) throw new InvalidArgumentError("There is nothing to answer: the input is empty");
  return target;
}

function plainInput(input: unknown): readonly Token[] {
  if (Array.isArray(input)) return "input" in input ? (input.input as readonly Token[]) : input;
  if (ArrayBuffer.isView(input)) return Array.from(input as Uint32Array) as Token[];
  throw new InvalidArgumentError("The input must be a text, tokens, or what embedChat() returned");
}

function tokensOfText(text: string, held: readonly Token[], model: LanguageModel): readonly Token[] {
  const tokens = model.tokenize(text, false, held.length > 0 ? "trimLeadingSpace" : undefined);
  const { bos, shouldPrependBosToken } = model.tokens;
  return held.length === 0 && shouldPrependBosToken && bos !== null ? [bos, ...tokens] : tokens;
}
