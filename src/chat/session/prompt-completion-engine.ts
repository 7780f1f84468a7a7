import { DisposedError, InvalidArgumentError } from "../../base/errors.ts";
import type { ContextSequence } from "../../engine/context-sequence.ts";
import { defaultCompletionTokens } from "../completion/complete-user-message.ts";
import { checkPromptOptions } from "./check-prompt-options.ts";
import { CompletionCache } from "./completion-cache.ts";
import type { LlamaChatSession } from "./llama-chat-session.ts";
import type { LLamaChatCompletePromptOptions } from "./options.ts";

type CompletionOptions = Omit<
  LLamaChatCompletePromptOptions,
  "maxTokens" | "signal" | "stopOnAbortSignal" | "onTextChunk" | "onToken"
>;

export interface LLamaChatPromptCompletionEngineOptions extends CompletionOptions {
  /** Most tokens of a prompt with its completion. Default 256, or half the context when that is less. */
  maxPreloadTokens?: number;
  /** Called as a completion grows, with all of it so far. */
  onGeneration?: (prompt: string, completion: string) => void;
  /** Default 100. */
  maxCachedCompletions?: number;
}

/** Completes what a user types, as it is typed. Made by `session.createPromptCompletionEngine()`. */
export class LlamaChatSessionPromptCompletionEngine {
  readonly #session: LlamaChatSession<ContextSequence>;
  readonly #options: LLamaChatPromptCompletionEngineOptions;
  readonly #maxTokens: number;
  #cache: { readonly version: number; readonly completions: CompletionCache } | undefined;
  #running: AbortController | undefined;
  #runningPrompt: string | undefined;
  #lastPrompt: string | undefined;
  #disposed = false;

  /** @internal */
  constructor(session: LlamaChatSession<ContextSequence>, options: LLamaChatPromptCompletionEngineOptions) {
    checkOptions(options);
    this.#session = session;
    this.#options = options;
    const { maxPreloadTokens = defaultCompletionTokens(session.sequence.contextSize) } = options;
    this.#maxTokens = Math.max(1, maxPreloadTokens);
  }

  /**
   * Returns at once what is known to follow `prompt`, empty when nothing is, and goes on completing in the background.
   * @throws ColloquyError `disposed`, `invalid-argument`
   */
  complete(prompt: string): string {
    if (this.#disposed) throw new DisposedError("The completion engine");
    if (typeof prompt !== "string") throw new InvalidArgumentError("A prompt must be a string");
    const known = this.#completions().get(prompt);
    this.#lastPrompt = prompt;
    if (!this.#isUnderWay(prompt, known)) this.#restart(prompt);
    return known ?? "";
  }

  dispose(): void {
    this.#disposed = true;
    this.#running?.abort();
  }

  [Symbol.dispose](): void {
    this.dispose();
  }

  /** Completions belong to one state of the chat. */
  #completions(): CompletionCache {
    const { version } = this.#session.history;
    if (this.#cache?.version !== version) {
      const completions = new CompletionCache(Math.max(1, this.#options.maxCachedCompletions ?? 100));
      this.#cache = { version, completions };
      this.#running?.abort();
      this.#runningPrompt = undefined;
    }
    return this.#cache.completions;
  }

  /** Whether the completion that is being written is one of this prompt, too. */
  #isUnderWay(prompt: string, known: string | undefined): boolean {
    return (
      this.#running?.signal.aborted === false &&
      this.#runningPrompt !== undefined &&
      prompt.startsWith(this.#runningPrompt) &&
      (known !== undefined || prompt === this.#runningPrompt)
    );
  }

  #restart(prompt: string): void {
    this.#running?.abort();
    const completions = this.#completions();
    const known = completions.get(prompt) ?? "";
    const text = prompt + known;
    const used = this.#session.model.tokenize(text, false, "trimLeadingSpace").length;
    if (used >= this.#maxTokens) return;
    const controller = new AbortController();
    this.#running = controller;
    this.#runningPrompt = prompt;
    void this.#run(text, prompt, known, this.#maxTokens - used, controller, completions);
  }

  async #run(
    text: string,
    prompt: string,
    known: string,
    maxTokens: number,
    controller: AbortController,
    completions: CompletionCache,
  ): Promise<void> {
    const { maxPreloadTokens, maxCachedCompletions, onGeneration, ...options } = this.#options;
    let completion = known;
    try {
      await this.#session.completePrompt(text, {
        evaluationPriority: 1,
        ...options,
        maxTokens,
        signal: controller.signal,
        onTextChunk: (chunk) => {
          completion += chunk;
          completions.set(prompt, completion);
          if (this.#completions() === completions) this.#report(prompt, completion);
        },
      });
    } catch {
      // A completion is only an offer: when it is interrupted or fails, there is none.
    } finally {
      if (this.#running === controller) {
        this.#running = undefined;
        this.#runningPrompt = undefined;
      }
    }
  }

  /** The user may have typed on along the completion: then the rest is reported for what stands there now. */
  #report(prompt: string, completion: string): void {
    const typed = this.#lastPrompt ?? prompt;
    const isAlong = typed.startsWith(prompt) && (prompt + completion).startsWith(typed);
    if (isAlong) this.#options.onGeneration?.(typed, completion.slice(typed.length - prompt.length));
  }
}

function checkOptions(options: LLamaChatPromptCompletionEngineOptions): void {
  checkPromptOptions(options);
  const { maxPreloadTokens, maxCachedCompletions, onGeneration } = options;
  for (const [name, value] of Object.entries({ maxPreloadTokens, maxCachedCompletions })) {
    if (value !== undefined && !(typeof value === "number" && value >= 0)) {
      throw new InvalidArgumentError(`${name} must be a number of 0 or more`);
    }
  }
  if (onGeneration !== undefined && typeof onGeneration !== "function") {
    throw new InvalidArgumentError("onGeneration must be a function");
  }
}
