import { LlamaChatSession } from "../../src/chat/session/llama-chat-session.ts";
import type { RemoteContext } from "../../src/remote/remote-context.ts";

/** Runs a task on a new chat of a context, and gives its sequence back. */
export async function withSession<T>(
  context: RemoteContext,
  task: (session: LlamaChatSession) => Promise<T>,
): Promise<T> {
  const contextSequence = context.getSequence();
  const session = new LlamaChatSession({ contextSequence, systemPrompt: "Answer in one sentence." });
  try {
    return await task(session);
  } finally {
    session.dispose();
    await contextSequence.dispose();
  }
}
