import { Disposable } from "../base/disposable.ts";
import { ColloquyError, InvalidArgumentError } from "../base/errors.ts";
import { type LinkedAbort, linkedAbort } from "../base/linked-abort.ts";
import { Lock } from "../base/lock.ts";
import type { EvaluationReport, GenerateOptions, LanguageModel } from "./context-sequence.ts";
import type { Token } from "./token.ts";
import { TokenMeter } from "./token-meter.ts";

/** The life of a sequence, wherever it is evaluated: its calls follow one another, and its end aborts them. */
export abstract class LiveSequence extends Disposable {
  abstract readonly model: LanguageModel;
  abstract readonly contextSize: number;
  readonly tokenMeter = new TokenMeter();
  /** Calls of one sequence run one after the other, whole replies included. */
  protected readonly lock = new Lock();
  /** What the last evaluation cost. */
  protected report: EvaluationReport | undefined;
  readonly #disposal = new AbortController();

  constructor() {
    super("The sequence");
  }

  /** What the last evaluation reused, moved and evaluated. */
  get lastEvaluation(): EvaluationReport | undefined {
    return this.report;
  }

  /** Ends a running evaluation and gives back what the sequence holds. */
  override dispose(): Promise<void> {
    const done = super.dispose();
    this.#disposal.abort();
    return done;
  }
  [Symbol.dispose](): void {
    void this.dispose();
  }

  /** Aborts with the caller's signal, and when the sequence is disposed. */
  protected abortWith(signal: AbortSignal | undefined): LinkedAbort {
    const abort = linkedAbort(signal);
    const onDispose = () => abort.abort();
    this.#disposal.signal.addEventListener("abort", onDispose, { once: true });
    return {
      ...abort,
      unlink: () => {
        abort.unlink();
        this.#disposal.signal.removeEventListener("abort", onDispose);
      },
    };
  }

  /** @throws InvalidArgumentError, UnsupportedError for negative ids, which stand for media */
  protected abstract checkMedia(target: readonly Token[]): void;

  /** @throws DisposedError, InvalidArgumentError, ColloquyError `context-overflow` with the numbers */
  protected checkTarget(target: readonly Token[]): void {
    this.scope.check();
    if (!Array.isArray(target) || target.length === 0)
      throw new InvalidArgumentError("There must be at least one token to go on from");
    const size = this.model.vocabularySize;
    const wrong = target.find((token) => !(Number.isInteger(token) && token < size));
    if (wrong !== undefined)
      throw new InvalidArgumentError(`${String(wrong)} is not a token of this model's ${size}`);
    this.checkMedia(target);
    if (target.length > this.contextSize)
      throw new ColloquyError(
        "context-overflow",
        `${target.length} tokens do not fit into the context of ${this.contextSize}`,
        { hint: "shorten the prompt or create the context with a larger contextSize" },
      );
  }
}

/** How many tokens are asked for. @throws InvalidArgumentError */
export function maxTokensOf({ maxTokens = Number.POSITIVE_INFINITY }: GenerateOptions): number {
  if (typeof maxTokens !== "number" || Number.isNaN(maxTokens) || maxTokens < 0)
    throw new InvalidArgumentError(`maxTokens must be a number of 0 or more, not ${String(maxTokens)}`);
  return maxTokens;
}
