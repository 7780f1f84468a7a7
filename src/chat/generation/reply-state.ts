import { ColloquyError } from "../../base/errors.ts";
import type { ContextSequence, EditMode, GenerateFinish } from "../../engine/context-sequence.ts";
import type { SamplingOptions } from "../../engine/sampling/options.ts";
import type { Token } from "../../engine/token.ts";
import type { GrammarMatcher } from "../../grammar/matcher.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import type { ChatWrapper } from "../../template/chat-wrapper.ts";
import type { LlamaText } from "../../template/llama-text.ts";
import { fitHistory } from "../context-shift/fit-history.ts";
import { continuationTokens } from "../response/continuation-tokens.ts";
import { joinResponse, ResponseBuilder, type ResponseItem } from "../response/response-builder.ts";
import { adoptFromEnd } from "./adopt-from-end.ts";
import type { LLamaChatGenerateResponseOptions } from "./options.ts";
import { type ChatRenderer, type RenderedChat, renderChat } from "./rendered-chat.ts";
import { resolveSampling } from "./sampling.ts";

/** A history that ends with a response of the model. */
export function endingWithResponse(history: readonly ChatHistoryItem[]): ChatHistoryItem[] {
  return history.at(-1)?.type === "model" ? [...history] : [...history, { type: "model", response: [] }];
}

/** The items of the response that a history ends with. */
export function lastResponse(history: readonly ChatHistoryItem[]): ResponseItem[] {
  const last = history.at(-1);
  return last?.type === "model" ? last.response : [];
}

/** The history with `items` as the response at its end. */
export function withResponse(
  history: readonly ChatHistoryItem[],
  items: readonly ResponseItem[],
): ChatHistoryItem[] {
  return [...history.slice(0, -1), { ...history.at(-1), type: "model", response: [...items] }];
}

/**
 * What is evaluated while a response is written: the rendered chat, and after it the tokens of the reply, generated
 * and inserted. Generating shifts the context by itself; the reply is never cut.
 */
export class ReplyState {
  readonly sequence: ContextSequence;
  readonly wrapper: ChatWrapper;
  readonly options: LLamaChatGenerateResponseOptions;
  readonly builder: ResponseBuilder;
  /** The items that the response had when its writing began. */
  readonly before: readonly ResponseItem[];
  readonly reply: Token[] = [];
  /** Tokens generated for this response. */
  generated = 0;
  shiftMetadata: object | null;
  /** How the chat reaches the cache; after a shift its cells were moved, and stay so. */
  edit: EditMode | undefined;
  readonly #renderer: ChatRenderer;
  readonly #sampling: SamplingOptions;
  readonly #history: readonly ChatHistoryItem[];
  #window: readonly ChatHistoryItem[];
  #rendered: RenderedChat | undefined;
  /** Tokens of the reply that are part of the rendered chat by now; they still count for penalties. */
  readonly #renderedReply: Token[] = [];

  constructor(
    sequence: ContextSequence,
    wrapper: ChatWrapper,
    history: readonly ChatHistoryItem[],
    options: LLamaChatGenerateResponseOptions,
  ) {
    const { functions, documentFunctionParams } = options;
    this.sequence = sequence;
    this.wrapper = wrapper;
    this.options = options;
    this.#history = endingWithResponse(history);
    this.#window = endingWithResponse(options.lastEvaluationContextWindow?.history ?? this.#history);
    this.#renderer = { sequence, wrapper, functions, documentFunctionParams };
    this.before = lastResponse(this.#history);
    const trimEnd = options.trimWhitespaceSuffix ?? options.grammar?.trimWhitespaceSuffix ?? false;
    this.builder = new ResponseBuilder(options, this.before, trimEnd);
    this.shiftMetadata = options.contextShift?.lastEvaluationMetadata ?? null;
    this.edit = options.lastEvaluationContextWindow?.edit;
    this.#sampling = resolveSampling(
      options,
      () => (this.#renderedReply.length === 0 ? this.reply : [...this.#renderedReply, ...this.reply]),
      sequence.model,
    );
  }

  get rendered(): RenderedChat {
    if (this.#rendered === undefined) throw new ColloquyError("internal", "the chat is not rendered yet");
    return this.#rendered;
  }

  /** All items of the response. */
  get items(): ResponseItem[] {
    return joinResponse(this.before, this.builder.items);
  }

  get cleanHistory(): ChatHistoryItem[] {
    return withResponse(this.#history, this.items);
  }

  get contextWindow(): ChatHistoryItem[] {
    return withResponse(this.#window, this.items);
  }

  /** Renders the chat with everything the response has by now, and makes room when there is none. */
  async load(): Promise<void> {
    this.#renderedReply.push(...this.reply.splice(0));
    this.#window = this.contextWindow;
    this.#rendered = renderChat(this.#renderer, this.#window);
    await this.#makeRoom();
  }

  /** Puts text into the reply that the model did not write. */
  insert(text: LlamaText): void {
    this.reply.push(...continuationTokens(text, this.sequence.model));
  }

  /**
   * Generates tokens of the reply until the model ends it, `maxTokens` or an abort. `"length"` is also the end when
   * the context is full and nothing but the reply could leave it.
   */
  async *generate(grammar?: GrammarMatcher): AsyncGenerator<Token, GenerateFinish["reason"], void> {
    const { maxTokens = Number.POSITIVE_INFINITY, signal, evaluationPriority: priority } = this.options;
    while (true) {
      const left = maxTokens - this.generated;
      if (left <= 0) return "length";
      if (!(await this.#makeRoom())) return "length";
      const stream = this.sequence.generate([...this.rendered.tokens, ...this.reply], {
        sampling: this.#sampling,
        grammar,
        signal,
        priority,
        edit: this.edit,
        maxTokens: Number.isFinite(left) ? left : undefined,
      });
      const reason = yield* this.#record(stream);
      if (reason !== "contextFull") return reason;
    }
  }

  async *#record(
    stream: ReturnType<ContextSequence["generate"]>,
  ): AsyncGenerator<Token, GenerateFinish["reason"], void> {
    try {
      while (true) {
        const next = await stream.next();
        if (next.done) return next.value.reason;
        this.reply.push(next.value.token);
        this.generated++;
        yield next.value.token;
      }
    } finally {
      await stream.return({ reason: "abort" });
    }
  }

  /** Shifts the context when there is no room for one more token; `false` when that is not possible. */
  async #makeRoom(): Promise<boolean> {
    const { contextSize } = this.sequence;
    if (this.rendered.tokens.length + this.reply.length < contextSize) return true;
    try {
      const fitted = await fitHistory({
        history: this.#window,
        reservedTokens: this.reply.length + 1,
        contextSize,
        options: { ...this.options.contextShift, lastEvaluationMetadata: this.shiftMetadata },
        tokenizer: this.sequence.model.tokenizer,
        chatWrapper: this.wrapper,
        countTokens: (history) => renderChat(this.#renderer, history).tokens.length,
      });
      this.#window = endingWithResponse(fitted.history);
      this.shiftMetadata = fitted.metadata;
      this.edit = this.options.contextShift?.edit ?? "shift";
      const before = this.rendered.tokens;
      const { tokens, state } = renderChat(this.#renderer, this.#window);
      this.#rendered = { tokens: adoptFromEnd(tokens, before, this.sequence.model), state };
      return true;
    } catch (error) {
      const isFull = error instanceof ColloquyError && error.code === "context-overflow";
      if (isFull && this.generated > 0) return false;
      throw error;
    }
  }
}
