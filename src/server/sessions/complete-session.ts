import { ColloquyError } from "../../base/errors.ts";
import { LlamaChat } from "../../chat/generation/llama-chat.ts";
import { completeInSession } from "../../chat/session/complete-in-session.ts";
import { serverMediaLimits } from "../media-limits.ts";
import { generationSignal } from "../pool/generation-signal.ts";
import { MeteredSequence } from "../pool/metered-sequence.ts";
import { renderedPrompt } from "../pool/rendered-prompt.ts";
import type { Serving } from "../serving.ts";
import type { StoredSession } from "../store/stored-session.ts";
import { sessionHistory } from "./session-history.ts";
import type { SessionSettings } from "./wire.ts";

/** Longest a completion may take: later it is of no use to who types, milliseconds. */
const completionMs = 10_000;

/**
 * How the user's message may go on. Nothing when the chat is being written to, when no sequence is free, or when
 * somebody else needs the sequence: whoever types does not wait, and nobody waits for a completion.
 */
export async function completeInStoredSession(
  serving: Serving,
  session: StoredSession,
  text: string,
  maxTokens: number,
  client: AbortSignal,
): Promise<string> {
  const { runs, pool, chatWrapper } = serving;
  if (runs.isBusy(session.id)) return "";
  const controller = runs.beginCompletion(session.id);
  const settings = session.settings as SessionSettings;
  const history = sessionHistory(serving, settings, session.messages);
  const edit = runs.editMode(session.id);
  const lease = pool.tryAcquire({
    owner: session.id,
    prefersOwn: edit === "shift",
    target: () => renderedPrompt(serving, chatWrapper, [...history, { type: "user", text }]),
    onWanted: () => controller.abort(new ColloquyError("aborted", "Somebody else needs the sequence")),
  });
  if (lease === undefined) {
    runs.endCompletion(session.id, controller);
    return "";
  }
  const end = generationSignal(completionMs, controller.signal, client, serving.closing);
  try {
    const chat = new LlamaChat({
      contextSequence: new MeteredSequence(lease.sequence),
      chatWrapper,
      mediaLimits: serverMediaLimits,
    });
    const { result } = await completeInSession(chat, {
      prompt: text,
      history,
      window: history,
      edit,
      contextShift: {},
      options: {
        maxTokens,
        functions: serving.functions,
        evaluationPriority: 1,
        signal: end.signal,
        stopOnAbortSignal: true,
        trimWhitespaceSuffix: true,
      },
    });
    return end.signal.aborted ? "" : result.completion;
  } catch (error) {
    if (end.signal.aborted) return "";
    throw error;
  } finally {
    end.release();
    lease.release();
    runs.endCompletion(session.id, controller);
  }
}
