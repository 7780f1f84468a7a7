import type { ChatHistoryItem } from "../template/chat-history-items.ts";
import type { Serving } from "./serving.ts";

/**
 * What a chat begins with before its first message.
 * @param systemPrompt `undefined`: the server's own, or that of new chats in general; `""`: none
 */
export function openingMessages(
  { chatWrapper, systemPrompt: own }: Pick<Serving, "chatWrapper" | "systemPrompt">,
  systemPrompt: string | undefined = own,
): ChatHistoryItem[] {
  if (chatWrapper.settings.supportsSystemMessages) {
    return chatWrapper.generateInitialChatHistory(systemPrompt === undefined ? {} : { systemPrompt });
  }
  return systemPrompt ? [{ type: "system", text: systemPrompt }] : [];
}
