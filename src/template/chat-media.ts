import { createHash } from "node:crypto";
import type { ChatHistoryItem, ChatMedia, ChatUserMessage } from "./chat-history-items.ts";

/** Where an image or a sound stands in a user's text: Unicode's object replacement character. */
export const mediaPlace = "\ufffc";

/** A marker of {@link mediaMarker}. */
export const markerPattern = /(\ufffc[a-z]+ [0-9a-f]{64}\ufffc)/;
const everyMarker = new RegExp(markerPattern, "g");

/** What stands for a medium in a rendered chat. No template changes it, and the tokenizer puts its cells there. */
export function mediaMarker({ type, source }: ChatMedia): string {
  const hash = createHash("sha256").update(source).digest("hex");
  return `${mediaPlace}${type} ${hash}${mediaPlace}`;
}

/** All images and sounds of a chat, in order. */
export function mediaOf(history: readonly ChatHistoryItem[]): ChatMedia[] {
  return history.flatMap((item) => (item.type === "user" ? (item.media ?? []) : []));
}

/**
 * The chat with markers in the places of its media, ready to be rendered as text. Media that have no place in their text
 * come before it. What a user typed never becomes a marker.
 */
export function withMediaMarkers(history: readonly ChatHistoryItem[]): readonly ChatHistoryItem[] {
  return history.map((item) => {
    if (item.type !== "user") return item;
    const { media = [], ...rest } = item;
    if (media.length === 0 && !item.text.includes(mediaPlace)) return item;
    const texts = item.text.replace(everyMarker, "").split(mediaPlace);
    const unplaced = Math.max(0, media.length - (texts.length - 1));
    const markers = media.map(mediaMarker);
    const before = markers.slice(0, unplaced).map((marker) => `${marker}\n`);
    const placed = texts.flatMap((text, index) =>
      index === 0 ? [text] : [markers[unplaced + index - 1] ?? "", text],
    );
    return { ...rest, text: [...before, ...placed].join("") };
  });
}

/** A message with texts in place of its first `count` images and sounds. */
export function withMediaStubs<T extends ChatUserMessage>(
  message: T,
  count: number,
  stubOf: (media: ChatMedia) => string,
): T {
  const { media = [], ...rest } = message;
  const texts = message.text.split(mediaPlace);
  const unplaced = Math.max(0, media.length - (texts.length - 1));
  const replaced = media.map((one, index) => (index < count ? stubOf(one) : mediaPlace));
  const before = replaced.slice(0, unplaced).map((text) => `${text}\n`);
  const placed = texts.flatMap((text, index) =>
    index === 0 ? [text] : [replaced[unplaced + index - 1] ?? "", text],
  );
  const kept = media.slice(count);
  const text = [...before, ...placed].join("");
  return (kept.length === 0 ? { ...rest, text } : { ...rest, text, media: kept }) as T;
}
