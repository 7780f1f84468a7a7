import type { CommandScope } from "./commands.ts";

export function chatListCommands({ client, store, attempt }: CommandScope) {
  return {
    /** Lists the chats whose title holds a text; `""` lists all. */
    async searchChats(search: string): Promise<void> {
      store.dispatch({ type: "searched", search });
      const page = await attempt(() => client.list({ search }));
      const isWanted = store.state.search === search;
      if (page !== undefined && isWanted) store.dispatch({ type: "listed", ...page });
    },
    async moreChats(): Promise<void> {
      const { chats, search } = store.state;
      const page = await attempt(() => client.list({ before: chats.at(-1)?.id, search }));
      const isWanted = store.state.search === search;
      if (page !== undefined && isWanted) store.dispatch({ type: "listed", ...page, append: true });
    },
    async rename(id: string, title: string): Promise<void> {
      const chat = await attempt(() => client.update(id, { title }));
      if (chat !== undefined) store.dispatch({ type: "renamed", id, title: chat.title });
    },
  };
}
