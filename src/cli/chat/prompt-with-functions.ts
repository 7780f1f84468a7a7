import { linkedAbort } from "../../base/linked-abort.ts";
import type { BotFunction } from "../../chat/bot-functions/bot-function.ts";
import { createInlineCallRunner } from "../../chat/bot-functions/inline-call-runner.ts";
import type { LlamaChatResponseChunk } from "../../chat/response/response-chunk.ts";
import type { LlamaChatSession } from "../../chat/session/llama-chat-session.ts";
import type { PromptResult } from "../../chat/session/options.ts";
import { type SessionPrompt, userMessageOfPrompt } from "../../chat/session/prompt-part.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import type { ChatSampling } from "./chat.ts";

export interface FunctionPromptOptions extends ChatSampling {
  readonly functions: readonly BotFunction[];
  /** Stops the reply; what was written of it stays. */
  readonly signal: AbortSignal;
  readonly onResponseChunk: (chunk: Pick<LlamaChatResponseChunk, "type" | "text">) => void;
}

/**
 * Asks, and runs the functions that the reply calls while it is written: where a call ends, the writing stops, and
 * goes on behind the call's result. Only the result is evaluated, because the cache holds the rest.
 */
export async function promptWithFunctions(
  session: LlamaChatSession,
  prompt: SessionPrompt,
  { functions, signal, onResponseChunk, maxTokens, ...sampling }: FunctionPromptOptions,
): Promise<PromptResult> {
  const before = session.getChatHistory();
  const meter = session.sequence.tokenMeter;
  const start = meter.getState();
  const runner = createInlineCallRunner(functions, { signal });
  let reply = "";
  for (;;) {
    const piece = new ReplyPiece(runner, reply, signal, onResponseChunk);
    const used = meter.diff(start).usedOutputTokens;
    const result = await session
      .promptWithMeta(prompt, {
        ...sampling,
        maxTokens: maxTokens === undefined ? undefined : Math.max(0, maxTokens - used),
        signal: piece.signal,
        stopOnAbortSignal: true,
        responsePrefix: reply,
        onResponseChunk: (chunk) => piece.take(chunk),
      })
      .catch((error: unknown) => {
        if (!signal.aborted || reply === "") throw error;
        // Stopped before the first token behind a result: what was written before it stays.
        return keepPart(session, [...before, userMessageOfPrompt(prompt)], piece.text);
      })
      .finally(() => piece.end());
    const inserted = await piece.results();
    if (inserted === "" || signal.aborted || result.stopReason === "maxTokens") return result;
    reply = piece.text + inserted;
    onResponseChunk({ type: undefined, text: inserted });
    session.setChatHistory(before);
  }
}

function keepPart(session: LlamaChatSession, chat: readonly ChatHistoryItem[], text: string): PromptResult {
  session.setChatHistory([...chat, { type: "model", response: [text] }]);
  return { response: [text], responseText: text, stopReason: "abort" };
}

/** What is written until a call has a result. */
class ReplyPiece {
  text: string;
  readonly #runner: ReturnType<typeof createInlineCallRunner>;
  readonly #stop: ReturnType<typeof linkedAbort>;
  readonly #outer: AbortSignal;
  readonly #show: FunctionPromptOptions["onResponseChunk"];
  #prefixLeft: number;
  #inserted = "";
  #work: Promise<void> = Promise.resolve();

  constructor(
    runner: ReturnType<typeof createInlineCallRunner>,
    prefix: string,
    signal: AbortSignal,
    show: FunctionPromptOptions["onResponseChunk"],
  ) {
    this.text = prefix;
    this.#prefixLeft = prefix.length;
    this.#runner = runner;
    this.#outer = signal;
    this.#show = show;
    this.#stop = linkedAbort(signal);
  }

  get signal(): AbortSignal {
    return this.#stop.signal;
  }

  /** Shows a chunk and looks for calls in it. Generation runs on meanwhile: what it writes behind a call is dropped. */
  take(chunk: LlamaChatResponseChunk): void {
    if (chunk.type !== undefined) {
      this.#show(chunk);
      return;
    }
    // The response prefix is announced like new text, and was shown before.
    const known = Math.min(this.#prefixLeft, chunk.text.length);
    this.#prefixLeft -= known;
    const text = chunk.text.slice(known);
    if (text !== "") this.#work = this.#work.then(() => this.#push(text));
  }

  /** The results to go on from; empty when the reply is finished. */
  async results(): Promise<string> {
    await this.#work;
    if (this.#inserted === "" && !this.#outer.aborted)
      this.#inserted = (await this.#runner.finish()).join("");
    return this.#inserted;
  }

  end(): void {
    this.#stop.unlink();
  }

  async #push(text: string): Promise<void> {
    if (this.#inserted !== "" || this.#outer.aborted) return;
    this.text += text;
    this.#show({ type: undefined, text });
    try {
      this.#inserted = (await this.#runner.push(text)).join("");
    } catch (error) {
      if (!this.#outer.aborted) throw error;
    }
    if (this.#inserted !== "") this.#stop.abort();
  }
}
