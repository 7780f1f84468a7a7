import type { ChatHistoryItem } from "../../template/chat-history-items.ts";

/** A message as the store keeps it. It never changes; an edit makes another one. */
export interface StoredMessage {
  readonly id: string;
  readonly createdAt: string;
  readonly item: ChatHistoryItem;
  /** Why its writing ended, when a model wrote it. */
  readonly stopReason: string | undefined;
  /** What its writing cost, when a model wrote it. Plain JSON; the store does not look into it. */
  readonly cost?: unknown;
}

/** A chat without its messages. */
export interface StoredSessionHead {
  readonly id: string;
  readonly title: string;
  /** Plain JSON; the store does not look into it. */
  readonly settings: unknown;
  readonly createdAt: string;
  readonly updatedAt: string;
  readonly messageCount: number;
}

export interface StoredSession extends StoredSessionHead {
  readonly messages: readonly StoredMessage[];
  readonly canUndo: boolean;
}
