import type { ChatHistoryItem, ChatMedia } from "../../template/chat-history-items.ts";
import { mediaPlace } from "../../template/chat-media.ts";
import type { ObjectReader } from "../http/object-reader.ts";
import { FieldError } from "../http/request-error.ts";
import { readImage } from "../pool/read-image.ts";
import type { Serving } from "../serving.ts";
import { newMessage } from "../store/chat-store.ts";
import type { StoredMessage } from "../store/stored-session.ts";
import type { SessionRole } from "./wire.ts";

/** The messages of a new chat. @throws FieldError; RequestError `media-unsupported` */
export function readMessages(
  reader: ObjectReader,
  serving: Pick<Serving, "limits" | "model">,
): StoredMessage[] {
  const { limits } = serving;
  const messages = reader.objects("messages", limits.messages) ?? [];
  const images = messages.reduce(
    (count, message) => count + (message.array("images", limits.images)?.length ?? 0),
    0,
  );
  if (images > limits.images) {
    throw new FieldError(reader.path("messages"), `must have at most ${limits.images} images`);
  }
  return messages.map((message) => readMessage(message.only("role", "text", "images"), serving));
}

/** @throws FieldError; RequestError `media-unsupported` */
export function readMessage(reader: ObjectReader, serving: Pick<Serving, "limits" | "model">): StoredMessage {
  const role = reader.required("role", reader.oneOf("role", "system", "user", "model"));
  const text = reader.required("text", reader.string("text", serving.limits.messageLength));
  const media = readImages(reader, serving);
  if (media.length === 0) return newMessage(itemOf(role, text));
  if (role !== "user") throw new FieldError(reader.path("images"), "are only in messages of the user");
  return newMessage(userItem(text, media));
}

/** `images`: a list of `data:` URLs. */
export function readImages(reader: ObjectReader, serving: Pick<Serving, "limits" | "model">): ChatMedia[] {
  const images = reader.array("images", serving.limits.images) ?? [];
  return images.map((image, index) => readImage(image, `${reader.path("images")}[${index}]`, serving));
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
