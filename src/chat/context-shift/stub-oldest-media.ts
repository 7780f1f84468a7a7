import type { ChatHistoryItem, ChatMedia } from "../../template/chat-history-items.ts";
import { withMediaStubs } from "../../template/chat-media.ts";
import type { PinnableItem } from "./drop-oldest-turns.ts";

/** What stands for an image or a sound that left. */
export function mediaStub({ type }: ChatMedia): string {
  return type === "image" ? "[image]" : "[sound]";
}

/** How many images and sounds can be replaced: those of messages before `end` that are not pinned. */
export function countStubbable(history: readonly PinnableItem[], end: number): number {
  return history.slice(0, end).reduce((sum, item) => sum + mediaCount(item), 0);
}

/** A history with texts in place of its `count` oldest images and sounds. */
export function stubOldestMedia(
  history: readonly PinnableItem[],
  count: number,
  stubOf: (media: ChatMedia) => string,
): ChatHistoryItem[] {
  let left = count;
  return history.map((item) => {
    const here = Math.min(left, mediaCount(item));
    left -= here;
    return here > 0 && item.type === "user" ? withMediaStubs(item, here, stubOf) : item;
  });
}

function mediaCount(item: PinnableItem): number {
  return item.type === "user" && item.pinned !== true ? (item.media?.length ?? 0) : 0;
}
