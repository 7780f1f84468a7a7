import { ApiError } from "../api/api-error.ts";
import type { PromptEvent } from "../api/wire.ts";
import type { CommandScope } from "./commands.ts";

/**
 * Feeds a reply's events to the store, and reads the chat again when it has ended. Resolves to whether the server took
 * the request.
 */
export async function followReply(
  scope: CommandScope,
  id: string,
  events: AsyncGenerator<PromptEvent>,
  onTaken = () => {},
): Promise<boolean> {
  const { store, report } = scope;
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
    await readAgain(scope, id);
  }
}

async function readAgain({ client, store, report }: CommandScope, id: string): Promise<void> {
  if (store.state.connection !== "open") return;
  const { notice } = store.state;
  const chat = await client.read(id).catch((error: unknown) => {
    // A server that is shut down ends its replies first.
    if (error instanceof ApiError && error.isUnreachable) report(error);
  });
  if (chat && store.state.replies[id] === undefined) store.dispatch({ type: "changed", chat });
  if (notice !== null) store.dispatch({ type: "noticed", notice });
}
