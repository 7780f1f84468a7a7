import { DisposedError, InvalidArgumentError } from "../../base/errors.ts";
import type { ContextSequence } from "../../engine/context-sequence.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import type { ChatWrapper } from "../../template/chat-wrapper.ts";
import { type ContextOf, LlamaChat } from "../generation/llama-chat.ts";
import type { LastEvaluation } from "../generation/options.ts";
import { SerialQueue } from "../generation/serial-queue.ts";
import { appendUserMessageToChatHistory } from "../history/append-user-message.ts";
import { announceText } from "../response/response-builder.ts";
import type { LLamaChatPromptOptions, LlamaChatSessionOptions, PromptResult } from "./options.ts";

/**
 * A conversation with a model.
 *
 * @example
 * const session = new LlamaChatSession({ contextSequence: context.getSequence() });
 * console.log(await session.prompt("Hi there, how are you?"));
 */
export class LlamaChatSession<Sequence extends ContextSequence = ContextSequence> {
  readonly #queue = new SerialQueue();
  readonly #chat: LlamaChat<Sequence>;
  readonly #options: LlamaChatSessionOptions<Sequence>;
  #history: ChatHistoryItem[];
  #last: LastEvaluation | undefined;

  /** @throws ColloquyError `invalid-argument`, `disposed` */
  constructor(options: LlamaChatSessionOptions<Sequence>) {
    this.#chat = new LlamaChat(options);
    this.#options = options;
    this.#history = this.#initialHistory();
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
   * Adds the prompt to the chat and returns the model's answer. Prompts on one session run one after the other.
   * @throws ColloquyError `invalid-argument`, `context-overflow`, `disposed`; the signal's reason when it is aborted.
   * The history is then as before.
   */
  async prompt(prompt: string, options: LLamaChatPromptOptions = {}): Promise<string> {
    return (await this.promptWithMeta(prompt, options)).responseText;
  }

  /** As {@link prompt}, with the segments and calls of the answer and why it ended. */
  async promptWithMeta(prompt: string, options: LLamaChatPromptOptions = {}): Promise<PromptResult> {
    if (typeof prompt !== "string") throw new InvalidArgumentError("A prompt must be a string");
    this.#ensureNotDisposed();
    return this.#queue.run(() => this.#prompt(prompt, options), options.signal);
  }

  async #prompt(prompt: string, options: LLamaChatPromptOptions): Promise<PromptResult> {
    this.#ensureNotDisposed();
    const { responsePrefix = "" } = options;
    const model: ChatHistoryItem = { type: "model", response: responsePrefix === "" ? [] : [responsePrefix] };
    const withPrompt = (history: readonly ChatHistoryItem[]) => [
      ...appendUserMessageToChatHistory(history, prompt),
      model,
    ];
    if (responsePrefix !== "") {
      announceText(options, responsePrefix, this.model.tokenize(responsePrefix, false, "trimLeadingSpace"));
    }
    const result = await this.#chat.generateResponse(withPrompt(this.#history), {
      ...options,
      contextShift: {
        ...this.#options.contextShift,
        lastEvaluationMetadata: this.#last?.contextShiftMetadata,
      },
      lastEvaluationContextWindow: this.#last && { history: withPrompt(this.#last.contextWindow) },
    });
    this.#last = result.lastEvaluation;
    this.#history = result.lastEvaluation.cleanHistory;
    return { ...result.metadata, response: result.fullResponse, responseText: result.response };
  }

  /** The messages as plain data, to be saved as JSON. */
  getChatHistory(): ChatHistoryItem[] {
    return structuredClone(this.#history);
  }

  /** Replaces all messages, for example by a saved history. */
  setChatHistory(chatHistory: readonly ChatHistoryItem[]): void {
    this.#history = structuredClone([...chatHistory]);
    this.#last = undefined;
  }

  /** Back to the beginning: no message but the system prompt. */
  resetChatHistory(): void {
    this.#ensureNotDisposed();
    this.setChatHistory(this.#initialHistory());
  }

  dispose(options: { disposeSequence?: boolean } = {}): void {
    this.#chat.dispose(options);
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  #initialHistory(): ChatHistoryItem[] {
    const { systemPrompt, forceAddSystemPrompt = false } = this.#options;
    const { settings } = this.chatWrapper;
    if (!settings.supportsSystemMessages && !forceAddSystemPrompt) return [];
    return this.chatWrapper.generateInitialChatHistory({ systemPrompt });
  }

  #ensureNotDisposed(): void {
    if (this.disposed) throw new DisposedError("The chat session");
  }
}
