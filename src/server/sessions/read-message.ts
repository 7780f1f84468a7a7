import type { ChatHistoryItem, ChatMedia } from "../../template/chat-history-items.ts";
import { mediaPlace } from "../../template/chat-media.ts";
import type { ObjectReader } from "../http/object-reader.ts";
import type { ServerLimits } from "../limits/server-limits.ts";
import { newMessage } from "../store/chat-store.ts";
import type { StoredMessage } from "../store/stored-session.ts";
import type { SessionRole } from "./wire.ts";

/** The messages of a new chat. */
export function readMessages(reader: ObjectReader, limits: ServerLimits): StoredMessage[] {
  const messages = reader.objects("messages", limits.messages) ?? [];
  return messages.map((message) => readMessage(message.only("role", "text"), limits));
}

export function readMessage(reader: ObjectReader, limits: ServerLimits): StoredMessage {
  const role = reader.required("role", reader.oneOf("role", "system", "user", "model"));
  const text = reader.required("text", reader.string("text", limits.messageLength));
  return newMessage(itemOf(role, text));
}

export function itemOf(role: SessionRole, text: string): ChatHistoryItem {
  return role === "model" ? { type: "model", response: [text] } : { type: role, text };
}

/** What a user says with images; they come before the text. */
export function userItem(text: string, media: readonly ChatMedia[] = []): ChatHistoryItem {
  if (media.length === 0) return { type: "user", text };
  // The character that marks an image's place is none when it is typed.
  return { type: "user", text: text.replaceAll(mediaPlace, ""), media: [...media] };
}
