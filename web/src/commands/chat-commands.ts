import { ApiError } from "../api/api-error.ts";
import type { SessionJson, SessionSettings } from "../api/wire.ts";
import { chatListCommands } from "./chat-list-commands.ts";
import type { CommandScope } from "./commands.ts";

/** Which chat is open. */
export function chatCommands(scope: CommandScope) {
  const { client, store, attempt, report } = scope;
  const show = (chat: SessionJson | undefined) => {
    if (chat !== undefined) store.dispatch({ type: "opened", chat });
  };
  const open = async (id: string) => show(await attempt(() => client.read(id)));
  /** Opens a chat without messages: the one there is, or a new one. */
  const startChat = async () => {
    if (store.state.search !== "") await chatListCommands(scope).searchChats("");
    const { chat, chats } = store.state;
    const empty = [chat, ...chats.filter(({ id }) => id !== chat?.id)].find(
      (one) => one?.messageCount === 0 && one.title === "" && store.state.replies[one.id] === undefined,
    );
    if (empty) return open(empty.id);
    show(await attempt(() => client.create()));
  };
  /** Takes a chat out of the list; the next one opens when it was the open one. */
  const dropChat = async (id: string): Promise<void> => {
    const wasOpen = store.state.chat?.id === id;
    store.dispatch({ type: "deleted", id });
    const next = store.state.chats[0];
    if (wasOpen) await (next === undefined ? startChat() : open(next.id));
  };
  return {
    open,
    startChat,
    async deleteChat(id: string): Promise<void> {
      const isGone = await attempt(async () => {
        await client.delete(id);
        return true;
      });
      if (isGone) await dropChat(id);
    },
    /** Reads the open chat again: another page may have changed it, or the server may have lost it. */
    async refresh(): Promise<void> {
      const id = store.state.chat?.id;
      if (id === undefined || store.state.replies[id] !== undefined) return;
      try {
        const chat = await client.read(id);
        if (store.state.replies[id] === undefined) store.dispatch({ type: "changed", chat });
      } catch (error) {
        if (!(error instanceof ApiError && error.status === 404)) return report(error);
        await dropChat(id);
        const text = "The server no longer has the chat that was open here.";
        store.dispatch({ type: "noticed", notice: { kind: "info", text } });
      }
    },
    /** A new chat with the messages up to one, both evaluated from what the first left in the context. */
    async fork(id: string, through: string): Promise<void> {
      const before = store.state.chat?.title ?? "";
      const title = before === "" ? "Fork" : `${before} (fork)`.slice(0, 200);
      show(await attempt(() => client.fork(id, { through, title })));
    },
    /** Resolves to what is wrong with the settings, or `null`. */
    async changeSettings(id: string, settings: Partial<SessionSettings>): Promise<string | null> {
      try {
        store.dispatch({ type: "changed", chat: await client.update(id, { settings }) });
        return null;
      } catch (error) {
        return error instanceof Error ? error.message : String(error);
      }
    },
  };
}
