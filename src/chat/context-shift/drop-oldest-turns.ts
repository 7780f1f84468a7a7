import type { ChatHistoryItem } from "../../template/chat-history-items.ts";

/** A message that never leaves the context window. */
export type PinnableItem = ChatHistoryItem & { readonly pinned?: boolean };

/**
 * Histories with fewer and fewer turns: `withoutTurns(0)` is the whole, `withoutTurns(count)` the shortest.
 * A turn is a user message with everything up to the next one. Leading system messages, pinned messages and the last
 * turn never leave.
 */
export function splitTurns(history: readonly ChatHistoryItem[]): {
  readonly count: number;
  /** Where the last turn begins. */
  readonly lastTurn: number;
  withoutTurns(dropped: number): ChatHistoryItem[];
} {
  const firstTurn = history.findIndex(({ type }) => type !== "system");
  if (firstTurn === -1) return { count: 0, lastTurn: history.length, withoutTurns: () => [...history] };
  const starts = [firstTurn];
  for (let i = firstTurn + 1; i < history.length; i++) {
    if (history[i]!.type === "user" && history[i - 1]!.type !== "user") starts.push(i);
  }
  return {
    count: starts.length - 1,
    lastTurn: starts.at(-1)!,
    withoutTurns(dropped) {
      const end = starts[dropped]!;
      const kept = history.slice(firstTurn, end).filter((item: PinnableItem) => item.pinned === true);
      return [...history.slice(0, firstTurn), ...kept, ...history.slice(end)];
    },
  };
}
