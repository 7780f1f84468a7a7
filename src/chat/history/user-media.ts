import { UnsupportedError } from "../../base/errors.ts";
import type { ChatMedia, ChatUserMessage } from "../../template/chat-history-items.ts";
import { mediaPlace } from "../../template/chat-media.ts";
import type { ContentPart, MediaPart } from "./content-part.ts";

/**
 * What was given as image or sound, as it is saved: addresses as they are, bytes as a `data:` URL.
 * @throws ColloquyError `unsupported` for decoded pixels
 */
export function mediaOfPart({ type, source }: MediaPart): ChatMedia {
  if (typeof source === "string") return { type, source };
  if (source instanceof URL) return { type, source: source.href };
  const bytes =
    source instanceof ArrayBuffer
      ? Buffer.from(source)
      : source instanceof Uint8Array
        ? Buffer.from(source.buffer, source.byteOffset, source.byteLength)
        : undefined;
  if (bytes === undefined)
    throw new UnsupportedError("Decoded pixels cannot be part of a chat", {
      hint: "give the bytes of a file",
    });
  return { type, source: `data:${type}/*;base64,${bytes.toString("base64")}` };
}

/** A user's message from its parts: texts and media, a line each. */
export function userMessageOf(parts: readonly ContentPart[]): ChatUserMessage {
  const media: ChatMedia[] = [];
  const lines = parts.map((part) => {
    if (part.type === "text") return part.text;
    if (part.type !== "image" && part.type !== "audio") return "";
    media.push(mediaOfPart(part));
    return mediaPlace;
  });
  const text = lines.join("\n");
  return media.length === 0 ? { type: "user", text } : { type: "user", text, media };
}

/** The parts that {@link userMessageOf} makes the message of. */
export function partsOfUserMessage({ text, media = [] }: ChatUserMessage): ContentPart[] {
  if (media.length === 0) return [{ type: "text", text }];
  const texts = text.split(mediaPlace);
  const unplaced = Math.max(0, media.length - (texts.length - 1));
  const parts: ContentPart[] = media.slice(0, unplaced);
  for (const [index, piece] of texts.entries()) {
    const found = index > 0 ? media[unplaced + index - 1] : undefined;
    if (found !== undefined) parts.push(found);
    // The line breaks around a place belong to the place.
    let line = index > 0 ? piece.replace(/^\n/, "") : piece;
    if (index < texts.length - 1) line = line.replace(/\n$/, "");
    if (line !== "") parts.push({ type: "text", text: line });
  }
  return parts;
}

/** Two messages of a user as one. */
export function joinUserMessages<T extends ChatUserMessage>(
  first: T,
  second: ChatUserMessage,
  separator: string,
): T {
  const media = [...(first.media ?? []), ...(second.media ?? [])];
  const text = `${placed(first)}${separator}${placed(second)}`;
  return media.length === 0 ? { ...first, text } : { ...first, text, media };
}

/** The text with a place for each medium. */
function placed({ text, media = [] }: ChatUserMessage): string {
  const places = text.split(mediaPlace).length - 1;
  return `${mediaPlace}\n`.repeat(Math.max(0, media.length - places)) + text;
}
