import { randomBytes } from "node:crypto";
import { ColloquyError } from "../base/errors.ts";
import type { ChatHistoryItem, ChatUserMessage } from "./chat-history-items.ts";
import type { ChatWrapper, ChatWrapperGenerateContextStateOptions } from "./chat-wrapper.ts";
import { LlamaText } from "./llama-text.ts";

/** A chat rendered up to a place within its last message. */
export interface OpenUserMessage {
  /** Everything up to the end of what the user has typed. */
  readonly contextText: LlamaText;
  /** Texts that would end the user's message or the response to it. */
  readonly stopTriggers: readonly LlamaText[];
}

/**
 * A chat that ends within the user's message, for completing what the user types. Works with every wrapper: the
 * message is rendered with a word at its end that occurs nowhere else, and cut there.
 *
 * @param options as for `generateContextState`; the last item of `chatHistory` is the user's message as typed so far
 * @throws ColloquyError `template-invalid` when the wrapper does not write the message as it is
 */
export function renderOpenUserMessage(
  wrapper: ChatWrapper,
  options: ChatWrapperGenerateContextStateOptions,
): OpenUserMessage {
  const end = `Zq${randomBytes(12).toString("hex")}`;
  const typed = options.chatHistory.at(-1) as ChatUserMessage;
  const marked: ChatHistoryItem = { ...typed, text: typed.text + end };
  const { contextText, stopGenerationTriggers } = wrapper.generateContextState({
    ...options,
    chatHistory: [...options.chatHistory.slice(0, -1), marked],
  });
  const { values } = contextText;
  const index = values.findLastIndex((value) => typeof value === "string" && value.includes(end));
  const part = values[index];
  if (typeof part !== "string")
    throw new ColloquyError(
      "template-invalid",
      "The chat template does not write the user's message as it is",
    );
  const at = part.lastIndexOf(end);
  const suffix = LlamaText(part.slice(at + end.length), values[index + 1]);
  return {
    contextText: LlamaText(values.slice(0, index), part.slice(0, at)),
    stopTriggers: [...stopGenerationTriggers, ...(suffix.trim().values.length > 0 ? [suffix] : [])],
  };
}
