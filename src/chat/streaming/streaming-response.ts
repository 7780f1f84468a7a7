import { linkedAbort } from "../../base/linked-abort.ts";
import type { EvaluationReport } from "../../engine/context-sequence.ts";
import type { Token } from "../../engine/token.ts";
import type { InlineCall } from "../bot-functions/inline-call-runner.ts";
import type { ReplyLike } from "../history/chat-history-options.ts";
import type { ReplyOptions, ReplySettings } from "./reply-options.ts";
import { type InsertedRange, ReplyRecord } from "./reply-record.ts";
import type { SequenceCache } from "./sequence-cache.ts";
import { type ReplyStopReason, writeReply } from "./write-reply.ts";

/** What a reply cost. Rates are tokens per second, 0 before there is something to divide. */
export interface ReplyStats {
  /** Prompt tokens that went through the model. */
  readonly inputTokens: number;
  /** Prompt tokens that the cache had. */
  readonly reusedTokens: number;
  /** Tokens of the reply, inserted ones included. */
  readonly outputTokens: number;
  /** Of these, tokens that functions inserted. */
  readonly insertedTokens: number;
  /** Tokens evaluated to go on from what functions inserted. */
  readonly insertedEvaluatedTokens: number;
  /** From the call until the prompt was evaluated, milliseconds. */
  readonly prefillMs: number;
  readonly prefillRate: number;
  /** From there to the end of the reply, or until now, milliseconds. */
  readonly decodeMs: number;
  readonly decodeRate: number;
}

/** @internal */
export interface StreamingResponseInput {
  readonly kvCache: SequenceCache;
  readonly target: readonly Token[];
  readonly settings: ReplySettings;
  readonly options: ReplyOptions;
}

/**
 * A reply that is being written. Writing begins at once, whether or not somebody reads.
 *
 * It can be read by several readers, also after its end: each gets the whole text. Leaving the loop stops the writing
 * when nobody else reads or waits. It is no promise: `await reply.wait()` gives its text.
 *
 * @example
 * const reply = model.generate(input, { kvCache: history.kvCache });
 * for await (const delta of reply) process.stdout.write(delta);
 * history.append("bot", reply);
 */
export class StreamingResponse implements AsyncIterable<string>, ReplyLike {
  /** The cache that the reply is written on. */
  readonly kvCache: SequenceCache;
  /** The calls of functions that the reply has made, in order. */
  readonly calls: InlineCall[] = [];
  readonly #input: StreamingResponseInput;
  readonly #record = new ReplyRecord();
  readonly #abort: ReturnType<typeof linkedAbort>;
  readonly #done: Promise<void>;
  readonly #startedAt = performance.now();
  #reports: EvaluationReport[] = [];
  #promptAt: number | undefined;
  #endedAt: number | undefined;
  #stopReason: ReplyStopReason | undefined;
  #stopText = "";
  #waiting = 0;
  #isStopped = false;

  /** @internal */
  constructor(input: StreamingResponseInput) {
    this.#input = input;
    this.kvCache = input.kvCache;
    this.#abort = linkedAbort(input.options.signal);
    this.#done = this.#run();
  }

  /** The text so far, without what ended it. */
  get text(): string {
    return this.#record.text;
  }

  /** The text with the stop text that ended it. */
  get rawText(): string {
    return this.text + this.#stopText;
  }

  /** The tokens whose text is in {@link text}. A token that is cut by a stop text is left out. */
  get tokens(): readonly Token[] {
    return this.#record.tokens;
  }

  /** Where in tokens and text the results of functions are. The rest was written by the model. */
  get insertedRanges(): readonly InsertedRange[] {
    return this.#record.insertedRanges;
  }

  /**
   * Whether the reply has ended and all of its text has been read. In a loop it becomes true together with the last
   * delta, which is empty when the end came after the text.
   */
  get eos(): boolean {
    return this.#record.readToTheEnd;
  }

  /** Whether it is still being written. */
  get running(): boolean {
    return !this.#record.ended;
  }

  /** Why it ended; `undefined` while it is being written, and when it failed. */
  get stopReason(): ReplyStopReason | undefined {
    return this.#stopReason;
  }

  get stats(): ReplyStats {
    const [prompt, ...rest] = this.#reports;
    const inserted = this.insertedRanges.reduce((sum, { start, end }) => sum + end - start, 0);
    const now = this.#endedAt ?? performance.now();
    const prefillMs = (this.#promptAt ?? now) - this.#startedAt;
    const decodeMs = now - this.#startedAt - prefillMs;
    const rate = (tokens: number, ms: number) => (ms > 0 ? (tokens * 1000) / ms : 0);
    const inputTokens = prompt?.evaluatedTokens ?? 0;
    const outputTokens = this.tokens.length;
    return {
      inputTokens,
      reusedTokens: prompt === undefined ? 0 : prompt.reusedTokens + prompt.movedTokens + prompt.sharedTokens,
      outputTokens,
      insertedTokens: inserted,
      insertedEvaluatedTokens: rest.reduce((sum, { evaluatedTokens }) => sum + evaluatedTokens, 0),
      prefillMs,
      prefillRate: rate(inputTokens, prefillMs),
      decodeMs,
      decodeRate: rate(outputTokens, decodeMs),
    };
  }

  /** @internal Resolves when the reply has come to its end, whichever. */
  get settled(): Promise<void> {
    return this.#done;
  }

  /** The text piece by piece; the pieces joined are {@link text}. */
  [Symbol.asyncIterator](): AsyncGenerator<string, void, void> {
    return this.#record.read(async () => {
      if (this.#record.readers === 0 && this.#waiting === 0) await this.stop();
    });
  }

  /** Ends the reply here, and waits until nothing of it is evaluated any more. What is written stays. */
  async stop(): Promise<void> {
    this.#isStopped = true;
    this.#abort.abort();
    await this.#done;
  }

  /** The whole text, when it is there. @throws what made the reply fail; the signal's reason when it was aborted */
  async wait(): Promise<string> {
    this.#waiting++;
    try {
      await this.#done;
    } finally {
      this.#waiting--;
    }
    if (this.#record.failure !== undefined) throw this.#record.failure.error;
    return this.text;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.stop();
  }

  async #run(): Promise<void> {
    let failure: { readonly error: unknown } | undefined;
    try {
      await this.#write();
    } catch (error) {
      if (!this.#abort.signal.aborted) failure = { error };
      else this.#stopReason = "abort";
    }
    const { signal, stopOnAbortSignal } = this.#input.options;
    if (this.#stopReason === "abort" && !this.#isStopped && signal?.aborted && !stopOnAbortSignal)
      failure = { error: signal.reason };
    this.#abort.unlink();
    this.#endedAt = performance.now();
    this.#record.end(failure);
  }

  async #write(): Promise<void> {
    const { kvCache, target, settings, options } = this.#input;
    const { signal } = this.#abort;
    const lent = await kvCache.lend(signal);
    try {
      const before = [...lent.sequence.contextTokens];
      const end = await writeReply({
        sequence: lent.sequence,
        target,
        settings,
        options,
        signal,
        record: this.#record,
        onCall: (call) => this.calls.push(call),
        onEvaluated: (report) => {
          if (this.#reports.length === 0) kvCache.took(target, before, report);
          this.#promptAt ??= performance.now();
          this.#reports.push(report);
        },
      });
      this.#stopReason = end.stopReason;
      this.#stopText = end.stopText;
    } finally {
      lent.release();
    }
  }
}
