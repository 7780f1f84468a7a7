import { useMemo } from "preact/hooks";
import type { Commands } from "../../commands/commands.ts";
import type { MessageActions } from "../conversation/message-actions.ts";

/** What can be done with the messages of a chat; the same object until another chat is opened. */
export function useMessageActions(id: string, commands: Commands): MessageActions {
  return useMemo(
    () => ({
      async edit(message, text, answer) {
        if (!(await commands.editMessage(id, message.id, text))) return false;
        if (answer) void commands.answerAgain(id);
        return true;
      },
      remove: (message) => void commands.removeMessage(id, message.id),
      fork: (message) => void commands.fork(id, message.id),
      retry: () => void commands.retry(id),
      resume: () => void commands.answer(id),
    }),
    [id, commands],
  );
}
