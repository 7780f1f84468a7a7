import type { CommandScope } from "./commands.ts";

export function connectionCommands({ client, store, attempt }: CommandScope) {
  return {
    /** Asks who serves, and for the chats. Resolves to whether the server answered. */
    async connect(): Promise<boolean> {
      const info = await attempt(() => client.info());
      if (info === undefined) return false;
      const page = await attempt(() => client.list({ search: store.state.search }));
      if (page === undefined) return false;
      store.dispatch({ type: "connected", info });
      store.dispatch({ type: "listed", ...page });
      return true;
    },
  };
}
