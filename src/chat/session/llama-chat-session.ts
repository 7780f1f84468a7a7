import { DisposedError, InvalidArgumentError } from "../../base/errors.ts";
import type { ContextSequence, EditMode } from "../../engine/context-sequence.ts";
import type { ChatHistoryItem, ChatUserMessage } from "../../template/chat-history-items.ts";
import type { ChatWrapper } from "../../template/chat-wrapper.ts";
import { checkFunctions } from "../functions/check-functions.ts";
import { type ContextOf, LlamaChat } from "../generation/llama-chat.ts";
import { SerialQueue } from "../generation/serial-queue.ts";
import { appendUserMessageToChatHistory } from "../history/append-user-message.ts";
import { ChatHistory } from "../history/chat-history.ts";
import { joinNeighbours, messageToItem } from "../history/history-format.ts";
import { messageOfItem } from "../history/message-of-item.ts";
import { joinUserMessages } from "../history/user-media.ts";
import { announceText } from "../response/response-builder.ts";
import { checkPromptOptions } from "./check-prompt-options.ts";
import { checkSessionOptions } from "./check-session-options.ts";
import { completeInSession } from "./complete-in-session.ts";
import type {
  CompletionResult,
  LLamaChatCompletePromptOptions,
  LLamaChatPreloadPromptOptions,
  LLamaChatPromptOptions,
  LlamaChatSessionOptions,
  PromptResult,
} from "./options.ts";
import {
  type LLamaChatPromptCompletionEngineOptions,
  LlamaChatSessionPromptCompletionEngine,
} from "./prompt-completion-engine.ts";
import { type SessionPrompt, userMessageOfPrompt } from "./prompt-part.ts";
import { runPrompt } from "./prompt-run.ts";

/** What the context holds of the chat, as long as nobody edits the history. */
interface EvaluatedWindow {
  readonly version: number;
  readonly items: readonly ChatHistoryItem[];
  readonly shiftMetadata: object | null;
  readonly edit: EditMode | undefined;
}

/**
 * A conversation with a model.
 *
 * @example
 * const session = new LlamaChatSession({ contextSequence: context.getSequence() });
 * console.log(await session.prompt("Hi there, how are you?"));
 */
export class LlamaChatSession<Sequence extends ContextSequence = ContextSequence> {
  /** The messages. They can be edited between prompts; while a response is being written, edits throw `busy`. */
  readonly history: ChatHistory;
  readonly #queue = new SerialQueue();
  readonly #chat: LlamaChat<Sequence>;
  readonly #options: LlamaChatSessionOptions<Sequence>;
  readonly #completions = new Set<AbortController>();
  readonly #engines = new Set<LlamaChatSessionPromptCompletionEngine>();
  #window: EvaluatedWindow | undefined;

  /** @throws ColloquyError `invalid-argument`, `disposed` */
  constructor(options: LlamaChatSessionOptions<Sequence>) {
    this.#chat = new LlamaChat(options);
    checkSessionOptions(options);
    this.#options = options;
    const { sequence, chatWrapper } = this.#chat;
    this.history = new ChatHistory(sequence.model, { chatTemplate: chatWrapper, systemPrompt: false });
    this.history.kvCache = {
      get tokens() {
        return sequence.contextTokens;
      },
    };
    this.history.setItems(this.#initialItems());
  }

  get disposed(): boolean {
    return this.#chat.disposed;
  }

  get chatWrapper(): ChatWrapper {
    return this.#chat.chatWrapper;
  }

  get sequence(): Sequence {
    return this.#chat.sequence;
  }

  get context(): ContextOf<Sequence> {
    return this.#chat.context;
  }

  get model(): Sequence["model"] {
    return this.#chat.model;
  }

  /**
   * Adds the prompt to the chat and returns the model's answer. Prompts on one session run one after the other; a
   * running completion gives way. A prompt may hold images and sounds, when the model has a projector for them.
   * @example
   * await session.prompt([{ type: "image", path: "cat.jpg" }, { type: "text", text: "What is this?" }]);
   * @throws ColloquyError `invalid-argument`, `context-overflow`, `function-loop`, `disposed`; the signal's reason when
   * it is aborted; what a function's handler throws. The history is then as before.
   */
  async prompt(prompt: SessionPrompt, options: LLamaChatPromptOptions = {}): Promise<string> {
    return (await this.promptWithMeta(prompt, options)).responseText;
  }

  /** As {@link prompt}, with the segments and calls of the answer and why it ended. */
  async promptWithMeta(prompt: SessionPrompt, options: LLamaChatPromptOptions = {}): Promise<PromptResult> {
    const asked = userMessageOfPrompt(prompt);
    checkPromptOptions(options);
    checkFunctions(options.functions);
    this.#ensureNotDisposed();
    this.#abortCompletions();
    return this.#queue.run(async () => {
      this.#abortCompletions();
      const release = this.history.hold();
      try {
        return await this.#prompt(asked, options, release);
      } finally {
        release();
      }
    }, options.signal);
  }

  async #prompt(
    asked: ChatUserMessage,
    options: LLamaChatPromptOptions,
    release: () => void,
  ): Promise<PromptResult> {
    this.#ensureNotDisposed();
    const { responsePrefix = "" } = options;
    const response: ChatHistoryItem = {
      type: "model",
      response: responsePrefix === "" ? [] : [responsePrefix],
    };
    const withPrompt = (history: readonly ChatHistoryItem[]) => [
      ...appendUserMessageToChatHistory(history, asked),
      response,
    ];
    if (responsePrefix !== "") {
      announceText(options, responsePrefix, this.model.tokenize(responsePrefix, false, "trimLeadingSpace"));
    }
    const window = this.#evaluatedWindow();
    const { lastEvaluation, metadata, ...result } = await runPrompt({
      chat: this.#chat,
      history: withPrompt(this.#items()),
      window: window && withPrompt(window.items),
      shiftMetadata: window?.shiftMetadata,
      edit: window?.edit,
      contextShift: this.#options.contextShift,
      options,
    });
    release();
    const { functions, documentFunctionParams } = options;
    this.history.showFunctions({ functions, documentFunctionParams });
    this.#commit(asked, { type: "model", response: result.fullResponse });
    const { contextWindow, contextShiftMetadata, edit } = lastEvaluation;
    this.#remember(contextWindow, contextShiftMetadata, edit);
    return { ...metadata, response: result.fullResponse, responseText: result.response };
  }

  /**
   * Evaluates the chat and the beginning of a prompt, so that the response to it begins sooner. With an empty text
   * only the chat. A following prompt interrupts it and uses what is done.
   */
  async preloadPrompt(prompt: string, options: LLamaChatPreloadPromptOptions = {}): Promise<void> {
    await this.completePromptWithMeta(prompt, { ...options, completeAsModel: false, maxTokens: 0 });
  }

  /** Writes on what the user began to write. The history stays as it is. */
  async completePrompt(prompt: string, options: LLamaChatCompletePromptOptions = {}): Promise<string> {
    return (await this.completePromptWithMeta(prompt, options)).completion;
  }

  /** As {@link completePrompt}, with why the completion ended. */
  async completePromptWithMeta(
    prompt: string,
    options: LLamaChatCompletePromptOptions = {},
  ): Promise<CompletionResult> {
    if (typeof prompt !== "string") throw new InvalidArgumentError("A prompt must be a string");
    checkPromptOptions(options);
    this.#ensureNotDisposed();
    const controller = new AbortController();
    const onAbort = () => controller.abort(options.signal?.reason);
    if (options.signal?.aborted) onAbort();
    options.signal?.addEventListener("abort", onAbort, { once: true });
    this.#completions.add(controller);
    try {
      return await this.#queue.run(async () => {
        this.#ensureNotDisposed();
        const window = this.#evaluatedWindow();
        const { result, contextWindow, shiftMetadata, edit } = await completeInSession(this.#chat, {
          prompt,
          history: this.#items(),
          window: window?.items,
          contextShift: { ...this.#options.contextShift, lastEvaluationMetadata: window?.shiftMetadata },
          edit: window?.edit,
          options: { ...options, signal: controller.signal },
        });
        this.#remember(contextWindow, shiftMetadata, edit);
        return result;
      }, controller.signal);
    } finally {
      options.signal?.removeEventListener("abort", onAbort);
      this.#completions.delete(controller);
    }
  }

  /** An engine that completes what the user types, as it is typed, and remembers its completions. */
  createPromptCompletionEngine(
    options: LLamaChatPromptCompletionEngineOptions = {},
  ): LlamaChatSessionPromptCompletionEngine {
    this.#ensureNotDisposed();
    const engine = new LlamaChatSessionPromptCompletionEngine(this, options);
    this.#engines.add(engine);
    return engine;
  }

  /** The messages as plain data, to be saved as JSON. */
  getChatHistory(): ChatHistoryItem[] {
    return this.history.toItems();
  }

  /**
   * Replaces all messages, for example by a saved history.
   * @throws ColloquyError `invalid-argument`, `busy` while a response is being written
   */
  setChatHistory(chatHistory: readonly ChatHistoryItem[]): void {
    this.history.setItems(chatHistory);
  }

  /** Back to the beginning: no message but the system prompt. */
  resetChatHistory(): void {
    this.#ensureNotDisposed();
    this.history.setItems(this.#initialItems());
  }

  /** What the context holds of the chat; `null` before the first evaluation and after edits. */
  getLastEvaluationContextWindow(): ChatHistoryItem[] | null {
    const window = this.#evaluatedWindow();
    return window === undefined ? null : structuredClone([...window.items]);
  }

  /** @param options `disposeSequence`: default is `autoDisposeSequence` */
  dispose(options: { disposeSequence?: boolean } = {}): void {
    this.#abortCompletions();
    for (const engine of this.#engines) engine.dispose();
    this.#chat.dispose(options);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #items(): ChatHistoryItem[] {
    return joinNeighbours(this.history.toItems());
  }

  #evaluatedWindow(): EvaluatedWindow | undefined {
    return this.#window?.version === this.history.version ? this.#window : undefined;
  }

  #remember(
    items: readonly ChatHistoryItem[],
    shiftMetadata: object | null,
    edit: EditMode | undefined,
  ): void {
    this.#window = { version: this.history.version, items, shiftMetadata, edit };
  }

  /** Only what is new is added, so that the messages before stay the same objects. */
  #commit(asked: ChatUserMessage, response: ChatHistoryItem): void {
    const last = this.history.at(-1);
    const item = last === undefined ? undefined : messageToItem(last);
    if (item?.type === "user") this.history.replace(-1, messageOfItem(joinUserMessages(item, asked, "\n\n")));
    else this.history.append(messageOfItem(asked));
    this.history.append(messageOfItem(response));
  }

  #initialItems(): ChatHistoryItem[] {
    const { systemPrompt, forceAddSystemPrompt = false } = this.#options;
    const { settings } = this.chatWrapper;
    if (!settings.supportsSystemMessages && !forceAddSystemPrompt) return [];
    return this.chatWrapper.generateInitialChatHistory({ systemPrompt });
  }

  #abortCompletions(): void {
    for (const controller of this.#completions) {
      controller.abort(new DOMException("A prompt took the place of the completion", "AbortError"));
    }
  }

  #ensureNotDisposed(): void {
    if (this.disposed) throw new DisposedError("The chat session");
  }
}
