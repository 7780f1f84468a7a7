import { ColloquyError } from "../../base/errors.ts";
import type { ChatSessionModelFunctions } from "../../chat/functions/chat-session-function.ts";
import { LlamaChat } from "../../chat/generation/llama-chat.ts";
import type { ResponseListeners } from "../../chat/response/response-builder.ts";
import type { LLamaChatPromptOptions } from "../../chat/session/options.ts";
import { runPrompt } from "../../chat/session/prompt-run.ts";
import type { EvaluationReport } from "../../engine/context-sequence.ts";
import type { ChatHistoryItem, ChatMedia } from "../../template/chat-history-items.ts";
import { errorBody, statusOf } from "../http/error-response.ts";
import { EventStream } from "../http/event-stream.ts";
import { FieldError, RequestError } from "../http/request-error.ts";
import { serverMediaLimits } from "../media-limits.ts";
import { generationSignal, TimeLimitError } from "../pool/generation-signal.ts";
import { MeteredSequence } from "../pool/metered-sequence.ts";
import { renderedPrompt } from "../pool/rendered-prompt.ts";
import type { Lease } from "../pool/sequence-pool.ts";
import type { Serving } from "../serving.ts";
import { newMessage } from "../store/chat-store.ts";
import type { StoredMessage, StoredSession } from "../store/stored-session.ts";
import { userItem } from "./read-message.ts";
import { samplingOptions } from "./read-settings.ts";
import { historyKey, sessionHistory } from "./session-history.ts";
import { messageJson } from "./session-json.ts";
import type { ContextReport, ReplyStats, SessionEvents, SessionSettings } from "./wire.ts";

export interface PromptInput {
  /** What the user says; without it, the chat is answered as it stands. */
  readonly text: string | undefined;
  readonly maxTokens: number | undefined;
  /** Images that go with the text. Default: none. */
  readonly media?: readonly ChatMedia[];
}

type Send = <Name extends keyof SessionEvents>(name: Name, data: SessionEvents[Name]) => void;

/** Most often that figures are sent, milliseconds. */
const statsEveryMs = 250;

/** Characters of a title that is taken from the first message. */
const titleLength = 60;

/**
 * Writes a reply in a chat. Resolves to a stream of events as soon as a sequence is free and the user's message is in
 * the store; errors before that are thrown.
 * @throws ColloquyError `busy`, `queue-full`, `invalid-argument`
 */
export async function promptSession(
  serving: Serving,
  session: StoredSession,
  input: PromptInput,
  client: AbortSignal,
): Promise<Response> {
  if (input.text === undefined && session.messages.length === 0) {
    throw new FieldError("text", "is required in a chat without messages");
  }
  checkRoom(serving, session, input);
  const run = serving.runs.begin(session.id);
  let lease: Lease | undefined;
  try {
    const asked = input.text === undefined ? [] : [newMessage(userItem(input.text, input.media))];
    const messages = [...session.messages, ...asked];
    const settings = session.settings as SessionSettings;
    const history = sessionHistory(serving, settings, messages);
    const waiting = generationSignal(serving.limits.queueMs * 2, run.signal, client, serving.closing);
    lease = await serving.pool
      .acquire({
        owner: session.id,
        prefersOwn: serving.runs.editMode(session.id) === "shift",
        target: () => renderedPrompt(serving, serving.chatWrapper, history, serving.functions),
        signal: waiting.signal,
      })
      .finally(waiting.release);
    if (serving.store.get(session.id) === undefined) throw noSession();
    if (asked.length > 0) serving.store.change(session.id, messages);
    if (session.title === "" && input.text !== undefined) {
      serving.store.update(session.id, { title: titleOf(input.text) });
    }
    const stream = new EventStream(serving.limits.streamBufferBytes);
    const send: Send = (name, data) => stream.send(data, name);
    const state = { serving, session, input, asked, messages, history, settings, lease, send };
    void writeReply(state, [run.signal, client, stream.signal]).finally(() => {
      run.end();
      stream.end();
    });
    return stream.response;
  } catch (error) {
    lease?.release();
    run.end();
    throw error;
  }
}

interface ReplyTask {
  readonly serving: Serving;
  readonly session: StoredSession;
  readonly input: PromptInput;
  readonly asked: readonly StoredMessage[];
  readonly messages: readonly StoredMessage[];
  readonly history: readonly ChatHistoryItem[];
  readonly settings: SessionSettings;
  readonly lease: Lease;
  readonly send: Send;
}

/** Never rejects: what goes wrong is sent. */
async function writeReply(task: ReplyTask, signals: readonly AbortSignal[]): Promise<void> {
  const { serving, lease, send } = task;
  const end = generationSignal(serving.limits.generationMs, serving.closing, ...signals);
  try {
    for (const message of task.asked) send("message", { message: messageJson(message) });
    await generateReply(task, end.signal);
  } catch (error) {
    send("error", errorBody(error));
    if (statusOf(error) === 500) serving.onError(error);
  } finally {
    end.release();
    lease.release();
  }
}

async function generateReply(task: ReplyTask, signal: AbortSignal): Promise<void> {
  const { serving, session, settings, history, messages, lease, send } = task;
  const tell = (report: ContextReport) => {
    serving.runs.remember(session.id, report);
    send("context", report);
  };
  const sendStats = statsSender(send);
  const sequence: MeteredSequence = new MeteredSequence(lease.sequence, {
    onEvaluated: (report, usedTokens) => tell(contextReport(serving, report, usedTokens)),
    onToken: () => sendStats(sequence),
  });
  const window = serving.runs.window(session.id, historyKey(settings, session.messages));
  const chat = new LlamaChat({
    contextSequence: sequence,
    chatWrapper: serving.chatWrapper,
    mediaLimits: serverMediaLimits,
  });
  const base = samplingOptions(settings.sampling);
  const grammar = settings.schema === null ? undefined : serving.grammars.get(settings.schema, "schema");
  const options = {
    ...base,
    maxTokens: task.input.maxTokens ?? base.maxTokens,
    signal,
    stopOnAbortSignal: true,
    ...listeners(send),
  };
  const { fullResponse, metadata, lastEvaluation } = await runPrompt({
    chat,
    history: withResponse(history),
    window: withResponse(window ? [...window.items, ...task.asked.map(({ item }) => item)] : history),
    shiftMetadata: window?.shiftMetadata,
    edit: window === undefined ? serving.runs.editMode(session.id) : window.edit,
    contextShift: undefined,
    // With a schema, a reply is calls, and then an answer that fits.
    options: {
      ...options,
      functions: announced(serving.functions, send),
      functionErrors: "report",
      grammar,
    } as LLamaChatPromptOptions,
  });
  const stats = statsOf(sequence);
  const evaluation = lease.sequence.lastEvaluation;
  const context = evaluation && contextReport(serving, evaluation, lease.sequence.contextTokens.length);
  const isLate = metadata.stopReason === "abort" && signal.reason instanceof TimeLimitError;
  const reply = newMessage(
    { type: "model", response: fullResponse },
    isLate ? "timeLimit" : metadata.stopReason,
    context && { context, stats },
  );
  const written = withReply(messages, reply);
  if (serving.store.get(session.id) === undefined) throw noSession();
  serving.store.change(session.id, written, task.asked.length > 0);
  serving.runs.rememberWindow(session.id, {
    key: historyKey(settings, written),
    items: lastEvaluation.contextWindow,
    shiftMetadata: lastEvaluation.contextShiftMetadata,
    edit: lastEvaluation.edit,
  });
  serving.metrics.countReply(stats);
  if (context !== undefined) tell(context);
  send("done", { message: messageJson(reply), stats });
}

function checkRoom({ limits }: Serving, { messages }: StoredSession, { text }: PromptInput): void {
  if (messages.length + (text === undefined ? 1 : 2) > limits.messages) {
    throw new ColloquyError("range", `A chat has at most ${limits.messages} messages`);
  }
}

export function noSession(): RequestError {
  return new RequestError(404, "range", "There is no such chat");
}

/** The first words of a chat name it until somebody else does. */
function titleOf(text: string): string {
  const line = text.trim().split("\n", 1)[0]!;
  return line.length <= titleLength ? line : `${line.slice(0, titleLength - 1).trimEnd()}…`;
}

/** The reply comes last; one that continues a model's message takes its place. */
function withReply(messages: readonly StoredMessage[], reply: StoredMessage): StoredMessage[] {
  const continues = messages.at(-1)?.item.type === "model";
  return [...(continues ? messages.slice(0, -1) : messages), reply];
}

function withResponse(history: readonly ChatHistoryItem[]): ChatHistoryItem[] {
  return history.at(-1)?.type === "model" ? [...history] : [...history, { type: "model", response: [] }];
}

function contextReport(serving: Serving, report: EvaluationReport, usedTokens: number): ContextReport {
  const { reusedTokens, movedTokens, sharedTokens, evaluatedTokens, promptMs } = report;
  const { contextSize } = serving;
  return {
    contextSize,
    usedTokens,
    reusedTokens,
    movedTokens,
    sharedTokens,
    evaluatedTokens,
    promptMs: Math.round(promptMs),
  };
}

function statsOf(sequence: MeteredSequence): ReplyStats {
  const { promptTokens, cachedTokens, generatedTokens, tokensPerSecond } = sequence;
  return { promptTokens, cachedTokens, generatedTokens, tokensPerSecond };
}

function statsSender(send: Send): (sequence: MeteredSequence) => void {
  let last = performance.now();
  return ({ generatedTokens, tokensPerSecond }) => {
    const now = performance.now();
    if (now - last < statsEveryMs) return;
    last = now;
    send("stats", { generatedTokens, tokensPerSecond });
  };
}

function listeners(send: Send): ResponseListeners {
  return {
    onResponseChunk: (chunk) => {
      if (chunk.type === undefined) {
        if (chunk.text !== "") send("text", { text: chunk.text });
        return;
      }
      const { segmentType, text, segmentStartTime, segmentEndTime } = chunk;
      send("segment", {
        segmentType,
        text,
        ...(segmentStartTime === undefined ? {} : { started: true }),
        ...(segmentEndTime === undefined ? {} : { ended: true }),
      });
    },
  };
}

/** The functions, telling when they are called and what they return. */
function announced(functions: ChatSessionModelFunctions, send: Send): ChatSessionModelFunctions {
  let calls = 0;
  const entries = Object.entries(functions).map(([name, definition]) => [
    name,
    {
      ...definition,
      handler: async (params: unknown) => {
        const index = calls++;
        send("call", { index, name, params: params ?? null });
        try {
          const result = await definition.handler(params as never);
          send("result", { index, name, result: result ?? null });
          return result;
        } catch (error) {
          send("result", { index, name, result: { error: (error as Error).message } });
          throw error;
        }
      },
    },
  ]);
  return Object.fromEntries(entries);
}
