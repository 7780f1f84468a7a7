import type { ChatHistoryItem, ChatUserMessage } from "../../template/chat-history-items.ts";
import { joinUserMessages } from "./user-media.ts";

/**
 * The history with one more user message. Two user messages in a row become one, with an empty line between them.
 *
 * @example appendUserMessageToChatHistory(session.getChatHistory(), "Hi")
 */
export function appendUserMessageToChatHistory(
  chatHistory: readonly ChatHistoryItem[],
  message: string | ChatUserMessage,
): ChatHistoryItem[] {
  const added: ChatUserMessage = typeof message === "string" ? { type: "user", text: message } : message;
  const last = chatHistory.at(-1);
  if (last?.type !== "user") return [...chatHistory, added];
  return [...chatHistory.slice(0, -1), joinUserMessages(last, added, "\n\n")];
}
