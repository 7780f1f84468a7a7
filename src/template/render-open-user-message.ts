import { randomBytes } from "node:crypto";
import type { ChatHistoryItem } from "./chat-history-items.ts";
import type { ChatWrapper, ChatWrapperGenerateContextStateOptions } from "./chat-wrapper.ts";
import { LlamaText } from "./llama-text.ts";

/**
 * A chat that ends within the user's message, for completing what the user types. Works with every wrapper: the
 * message is rendered with a word at its end that occurs nowhere else, and cut there.
 *
 * @param options as for `generateContextState`; `text` is what the user has typed so far
 * @returns `undefined` when the wrapper does not show the message where it could go on
 */
export function renderOpenUserMessage(
  wrapper: ChatWrapper,
  { chatHistory, text, ...options }: ChatWrapperGenerateContextStateOptions & { text: string },
): LlamaText | undefined {
  const end = `Zq${randomBytes(12).toString("hex")}`;
  const last: ChatHistoryItem = { type: "user", text: text + end };
  const { contextText } = wrapper.generateContextState({ ...options, chatHistory: [...chatHistory, last] });
  const index = contextText.values.findLastIndex((value) => typeof value === "string" && value.includes(end));
  const part = contextText.values[index];
  if (typeof part !== "string") return undefined;
  return LlamaText(contextText.values.slice(0, index), part.slice(0, part.lastIndexOf(end)));
}
