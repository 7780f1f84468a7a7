import { DisposedError, InvalidArgumentError } from "../../base/errors.ts";
import type { ContextSequence } from "../../engine/context-sequence.ts";
import { type MediaLimits, resolveMediaLimits } from "../../media/media-source.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import type { ChatWrapper } from "../../template/chat-wrapper.ts";
import {
  completeUserMessage,
  type LLamaChatLoadAndCompleteUserMessageOptions,
  type LlamaChatLoadAndCompleteUserResponse,
} from "../completion/complete-user-message.ts";
import { autoChatWrapper } from "./auto-chat-wrapper.ts";
import { generateResponse } from "./generate-response.ts";
import type { LLamaChatGenerateResponseOptions, LlamaChatResponse } from "./options.ts";
import { prepareMedia } from "./prepare-media.ts";
import { SerialQueue } from "./serial-queue.ts";

/** The `context` of a sequence that has one. */
export type ContextOf<Sequence> = Sequence extends { readonly context: infer Context } ? Context : undefined;

export interface LlamaChatOptions<Sequence extends ContextSequence = ContextSequence> {
  contextSequence: Sequence;
  /** Default `"auto"`: chosen by the model. */
  chatWrapper?: "auto" | ChatWrapper;
  /** Dispose the sequence together with this object. Default `false`. */
  autoDisposeSequence?: boolean;
  /** Bounds of images and sounds in the chat, and whether files and private networks may be read. */
  mediaLimits?: MediaLimits;
}

/**
 * Generates responses to histories without keeping one: each call gets the whole history and returns the new one.
 * Calls run one after the other.
 *
 * @example
 * const chat = new LlamaChat({ contextSequence: context.getSequence() });
 * const { response, lastEvaluation } = await chat.generateResponse(history, { maxTokens: 100 });
 * history = lastEvaluation.cleanHistory;
 */
export class LlamaChat<Sequence extends ContextSequence = ContextSequence> {
  readonly #queue = new SerialQueue();
  readonly #autoDisposeSequence: boolean;
  readonly #chatWrapper: ChatWrapper;
  readonly #mediaLimits: MediaLimits | undefined;
  #sequence: Sequence | undefined;

  /** @throws ColloquyError `invalid-argument`, `disposed` */
  constructor(options: LlamaChatOptions<Sequence>) {
    const { contextSequence, chatWrapper = "auto", autoDisposeSequence = false, mediaLimits } = options ?? {};
    resolveMediaLimits(mediaLimits);
    if (typeof contextSequence?.generate !== "function") {
      throw new InvalidArgumentError("contextSequence must be a context sequence", {
        hint: "pass `context.getSequence()`",
      });
    }
    if (contextSequence.disposed) throw new DisposedError("The context sequence");
    if (chatWrapper !== "auto" && typeof chatWrapper?.generateContextState !== "function") {
      throw new InvalidArgumentError('chatWrapper must be "auto" or a chat wrapper', {
        hint: "`resolveChatWrapper` makes one from a name",
      });
    }
    this.#sequence = contextSequence;
    this.#autoDisposeSequence = autoDisposeSequence;
    this.#mediaLimits = mediaLimits;
    this.#chatWrapper = chatWrapper === "auto" ? autoChatWrapper(contextSequence.model) : chatWrapper;
  }

  get disposed(): boolean {
    return this.#sequence === undefined || this.#sequence.disposed;
  }

  get sequence(): Sequence {
    if (this.#sequence === undefined || this.#sequence.disposed) throw new DisposedError("The chat");
    return this.#sequence;
  }

  get chatWrapper(): ChatWrapper {
    if (this.#sequence === undefined) throw new DisposedError("The chat");
    return this.#chatWrapper;
  }

  get context(): ContextOf<Sequence> {
    return (this.sequence as { context?: unknown }).context as ContextOf<Sequence>;
  }

  get model(): Sequence["model"] {
    return this.sequence.model;
  }

  /**
   * Writes the response that the history asks for. A history that ends with a model message is continued.
   * @throws ColloquyError `invalid-argument`, `context-overflow`, `disposed`; the signal's reason when aborted
   */
  async generateResponse(
    history: readonly ChatHistoryItem[],
    options: LLamaChatGenerateResponseOptions = {},
  ): Promise<LlamaChatResponse> {
    checkHistory(history);
    return this.#queue.run(async () => {
      // Held until the end: the tokens of an image are of use only as long as somebody holds it.
      const media = await prepareMedia(this.model, history, {
        limits: this.#mediaLimits,
        signal: options.signal,
      });
      const response = await generateResponse(this.sequence, this.chatWrapper, history, options);
      media.splice(0);
      return response;
    }, options.signal);
  }

  /**
   * Goes on writing the user's next message, with the history before it.
   * @throws ColloquyError `context-overflow`, `disposed`; the signal's reason when aborted
   */
  async loadChatAndCompleteUserMessage(
    history: readonly ChatHistoryItem[],
    options: LLamaChatLoadAndCompleteUserMessageOptions = {},
  ): Promise<LlamaChatLoadAndCompleteUserResponse> {
    checkHistory(history);
    return this.#queue.run(async () => {
      const media = await prepareMedia(this.model, history, {
        limits: this.#mediaLimits,
        signal: options.signal,
      });
      const completed = await completeUserMessage(this.sequence, this.chatWrapper, history, options);
      media.splice(0);
      return completed;
    }, options.signal);
  }

  /** @param options `disposeSequence`: default is `autoDisposeSequence` */
  dispose({ disposeSequence = this.#autoDisposeSequence }: { disposeSequence?: boolean } = {}): void {
    const sequence = this.#sequence;
    this.#sequence = undefined;
    if (disposeSequence) void sequence?.dispose();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }
}

function checkHistory(history: unknown): void {
  if (!Array.isArray(history)) throw new InvalidArgumentError("A chat history must be a list of messages");
}
