import type { ChatHistoryItem } from "../../template/chat-history-items.ts";

/**
 * The history with one more user message. Two user messages in a row become one, with an empty line between them.
 *
 * @example appendUserMessageToChatHistory(session.getChatHistory(), "Hi")
 */
export function appendUserMessageToChatHistory(
  chatHistory: readonly ChatHistoryItem[],
  message: string,
): ChatHistoryItem[] {
  const last = chatHistory.at(-1);
  if (last?.type !== "user") return [...chatHistory, { type: "user", text: message }];
  return [...chatHistory.slice(0, -1), { ...last, text: `${last.text}\n\n${message}` }];
}
