import type { PromptEvent } from "../api/wire.ts";
import type { CommandScope } from "./commands.ts";

export function replyCommands({ client, store, attempt, report }: CommandScope) {
  const isBusy = (id: string) => store.state.replies[id] !== undefined;

  /** Feeds a reply's events to the store. Resolves to whether the server took the request. */
  const follow = async (
    id: string,
    events: AsyncGenerator<PromptEvent>,
    onTaken = () => {},
  ): Promise<boolean> => {
    let isTaken = false;
    try {
      for await (const event of events) {
        if (!isTaken) onTaken();
        isTaken = true;
        store.dispatch({ type: "event", chatId: id, event });
      }
      return true;
    } catch (error) {
      report(error);
      return isTaken;
    } finally {
      store.dispatch({ type: "ended", chatId: id });
      await readAgain(id);
    }
  };

  const readAgain = async (id: string) => {
    if (store.state.connection !== "open") return;
    const { notice } = store.state;
    const chat = await client.read(id).catch(() => undefined);
    if (chat !== undefined && !isBusy(id)) store.dispatch({ type: "changed", chat });
    if (notice !== null) store.dispatch({ type: "noticed", notice });
  };

  /** The server takes the first text as the title of a chat without one. */
  const readTitle = async (id: string) => {
    if (store.state.chat?.id !== id || store.state.chat.title !== "") return;
    const chat = await attempt(() => client.read(id));
    if (chat !== undefined) store.dispatch({ type: "renamed", id, title: chat.title });
  };

  const answer = async (id: string): Promise<boolean> => {
    if (isBusy(id)) return false;
    store.dispatch({ type: "asked", chatId: id });
    return follow(id, client.prompt(id, {}));
  };

  const retry = async (id: string): Promise<boolean> => {
    if (isBusy(id) || store.state.chat?.messages.at(-1)?.role !== "model") return false;
    store.dispatch({ type: "asked", chatId: id, again: true });
    return follow(id, client.retry(id));
  };

  return {
    /** Resolves to whether the server took the message; what it did not take, the user gets back. */
    async send(id: string, text: string, images: readonly string[] = []): Promise<boolean> {
      if (isBusy(id)) return false;
      store.dispatch({ type: "asked", chatId: id, text });
      const body = images.length === 0 ? { text } : { text, images };
      return follow(id, client.prompt(id, body), () => void readTitle(id));
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
