import type { CommandScope } from "./commands.ts";

const keptText =
  "What stands unchanged stays evaluated; the next reply shows what had to be evaluated again.";

export function messageCommands({ client, store, attempt }: CommandScope) {
  return {
    /** Resolves to whether it was changed. */
    async editMessage(id: string, messageId: string, text: string): Promise<boolean> {
      const chat = await attempt(() => client.edit(id, messageId, text));
      if (chat === undefined) return false;
      store.dispatch({ type: "changed", chat });
      store.dispatch({
        type: "noticed",
        notice: { kind: "info", text: `Message changed. ${keptText}`, remedy: "undo" },
      });
      return true;
    },
    async removeMessage(id: string, messageId: string): Promise<void> {
      const chat = await attempt(() => client.remove(id, messageId));
      if (chat === undefined) return;
      store.dispatch({ type: "changed", chat });
      store.dispatch({
        type: "noticed",
        notice: { kind: "info", text: `Message removed. ${keptText}`, remedy: "undo" },
      });
    },
    async undo(id: string): Promise<void> {
      const isPossible = store.state.chat?.canUndo === true && store.state.replies[id] === undefined;
      if (!isPossible) return;
      const chat = await attempt(() => client.undo(id));
      if (chat === undefined) return;
      store.dispatch({ type: "changed", chat });
      store.dispatch({ type: "noticed", notice: null });
    },
  };
}
