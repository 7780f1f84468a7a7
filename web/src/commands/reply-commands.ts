import type { CommandScope } from "./commands.ts";
import { followReply } from "./follow-reply.ts";

export function replyCommands(scope: CommandScope) {
  const { client, store, attempt } = scope;
  const isBusy = (id: string) => store.state.replies[id] !== undefined;

  /** The server takes the first text as the title of a chat without one. */
  const readTitle = async (id: string) => {
    if (store.state.chat?.id !== id || store.state.chat.title !== "") return;
    const chat = await attempt(() => client.read(id));
    if (chat !== undefined) store.dispatch({ type: "renamed", id, title: chat.title });
  };

  const answer = async (id: string): Promise<boolean> => {
    if (isBusy(id)) return false;
    store.dispatch({ type: "asked", chatId: id });
    return followReply(scope, id, client.prompt(id, {}));
  };

  const retry = async (id: string): Promise<boolean> => {
    if (isBusy(id) || store.state.chat?.messages.at(-1)?.role !== "model") return false;
    store.dispatch({ type: "asked", chatId: id, again: true });
    return followReply(scope, id, client.retry(id));
  };

  return {
    /** Resolves to whether the server took the message; what it did not take, the user gets back. */
    async send(id: string, text: string, images: readonly string[] = []): Promise<boolean> {
      if (isBusy(id)) return false;
      store.dispatch({ type: "asked", chatId: id, question: { text, images } });
      const body = images.length === 0 ? { text } : { text, images };
      return followReply(scope, id, client.prompt(id, body), () => void readTitle(id));
    },
    /** Answers the chat as it stands, or goes on with its last message. */
    answer,
    /** Writes the last reply again. */
    retry,
    /** Answers the last question, in place of the reply that may follow it. */
    answerAgain: (id: string): Promise<boolean> =>
      store.state.chat?.messages.at(-1)?.role === "model" ? retry(id) : answer(id),
    /** Ends the reply; what is written stays. */
    async stop(id: string): Promise<void> {
      const { chat } = store.state;
      if (!isBusy(id) && !(chat?.id === id && chat.busy)) return;
      store.dispatch({ type: "stopping", chatId: id });
      await attempt(() => client.cancel(id));
    },
    complete: (id: string, text: string, signal: AbortSignal): Promise<string> =>
      client.complete(id, text, signal),
  };
}
