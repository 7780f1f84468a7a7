import type { SessionJson, SessionSettings } from "../api/wire.ts";
import type { CommandScope } from "./commands.ts";

export function chatListCommands({ client, store, attempt }: CommandScope) {
  const show = (chat: SessionJson | undefined) => {
    if (chat !== undefined) store.dispatch({ type: "opened", chat });
  };
  const open = async (id: string) => show(await attempt(() => client.read(id)));
  /** Opens a chat without messages: the one there is, or a new one. */
  const startChat = async () => {
    const { chat, chats } = store.state;
    const empty = [chat, ...chats.filter(({ id }) => id !== chat?.id)].find(
      (one) => one?.messageCount === 0 && one.title === "" && store.state.replies[one.id] === undefined,
    );
    if (empty) return open(empty.id);
    show(await attempt(() => client.create()));
  };
  return {
    open,
    startChat,
    async moreChats(): Promise<void> {
      const page = await attempt(() => client.list(store.state.chats.at(-1)?.id));
      if (page !== undefined) store.dispatch({ type: "listed", ...page, append: true });
    },
    /** Reads the open chat again: another page may have changed it. */
    async refresh(): Promise<void> {
      const id = store.state.chat?.id;
      if (id === undefined || store.state.replies[id] !== undefined) return;
      const chat = await attempt(() => client.read(id));
      if (chat !== undefined && store.state.replies[id] === undefined)
        store.dispatch({ type: "changed", chat });
    },
    async rename(id: string, title: string): Promise<void> {
      const chat = await attempt(() => client.update(id, { title }));
      if (chat !== undefined) store.dispatch({ type: "renamed", id, title: chat.title });
    },
    /** Deletes a chat; the next one in the list opens when it was the open one. */
    async deleteChat(id: string): Promise<void> {
      const wasOpen = store.state.chat?.id === id;
      const gone = await attempt(async () => {
        await client.delete(id);
        return true;
      });
      if (!gone) return;
      store.dispatch({ type: "deleted", id });
      const next = store.state.chats[0];
      if (wasOpen) await (next === undefined ? startChat() : open(next.id));
    },
    /** A new chat with the messages up to one, both evaluated from what the first left in the context. */
    async fork(id: string, through: string): Promise<void> {
      const title = store.state.chat?.title ?? "";
      show(
        await attempt(() =>
          client.fork(id, { through, title: title === "" ? "Fork" : `${title} (fork)`.slice(0, 200) }),
        ),
      );
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
