import { joinNeighbours } from "../../chat/history/history-format.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import { openingMessages } from "../opening-messages.ts";
import type { Serving } from "../serving.ts";
import type { StoredMessage } from "../store/stored-session.ts";
import type { SessionSettings } from "./wire.ts";

/** The messages of a chat as the model gets them, the system prompt first. */
export function sessionHistory(
  serving: Pick<Serving, "chatWrapper" | "systemPrompt">,
  { systemPrompt }: SessionSettings,
  messages: readonly StoredMessage[],
): ChatHistoryItem[] {
  const items = messages.map(({ item }) => item);
  return joinNeighbours([...openingMessages(serving, systemPrompt ?? undefined), ...items]);
}

/** Names a state of a chat: it changes with every change of what the model gets. */
export function historyKey(settings: SessionSettings, messages: readonly StoredMessage[]): string {
  return JSON.stringify([settings.systemPrompt, settings.schema, ...messages.map(({ id }) => id)]);
}
