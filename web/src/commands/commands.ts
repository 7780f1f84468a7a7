import type { ApiClient } from "../api/api-client.ts";
import { ApiError } from "../api/api-error.ts";
import type { ChatAction, ChatState } from "../state/chat-state.ts";
import type { Store } from "../state/store.ts";
import { chatCommands } from "./chat-commands.ts";
import { chatListCommands } from "./chat-list-commands.ts";
import { connectionCommands } from "./connection-commands.ts";
import { messageCommands } from "./message-commands.ts";
import { replyCommands } from "./reply-commands.ts";

/** What commands work with. */
export interface CommandScope {
  readonly client: ApiClient;
  readonly store: Store<ChatState, ChatAction>;
  /** Runs a request; an error becomes a notice and `undefined`. */
  attempt<Value>(request: () => Promise<Value>): Promise<Value | undefined>;
  /** Tells what went wrong. */
  report(error: unknown): void;
}

/** All that a user can do, each against the server and into the store. */
export function createCommands(client: ApiClient, store: Store<ChatState, ChatAction>) {
  const report = (error: unknown) => {
    if (error instanceof DOMException && error.name === "AbortError") return;
    if (!(error instanceof ApiError)) throw error;
    if (error.isUnreachable) store.dispatch({ type: "connection", connection: "gone" });
    if (error.status === 401) store.dispatch({ type: "connection", connection: "locked" });
    if (error.isUnreachable || error.status === 401) return;
    store.dispatch({ type: "noticed", notice: noticeOf(error) });
  };
  const scope: CommandScope = {
    client,
    store,
    report,
    async attempt(request) {
      try {
        return await request();
      } catch (error) {
        report(error);
        return undefined;
      }
    },
  };
  return {
    ...connectionCommands(scope),
    ...chatListCommands(scope),
    ...chatCommands(scope),
    ...replyCommands(scope),
    ...messageCommands(scope),
    dismiss: () => store.dispatch({ type: "noticed", notice: null }),
  };
}

export type Commands = ReturnType<typeof createCommands>;

function noticeOf(error: ApiError) {
  const retryAfter = error.retryAfter ?? undefined;
  if (error.status === 429) {
    const text = "Everybody is asking at once: the server's queue is full. Your message is kept.";
    return { kind: "error", text, retryAfter } as const;
  }
  return { kind: "error", text: error.message, retryAfter } as const;
}
