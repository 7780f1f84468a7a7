import type {
  ContextSequence,
  EvaluateTargetOptions,
  EvaluationReport,
  GeneratedToken,
  GenerateFinish,
  GenerateOptions,
  LanguageModel,
} from "../../engine/context-sequence.ts";
import type { Token } from "../../engine/token.ts";
import type { TokenMeter } from "../../engine/token-meter.ts";

export interface MeteredSequenceOptions {
  /** Log probabilities of how many tokens are reported with each. Default 0: none. */
  readonly logprobs?: number;
  readonly onToken?: (token: GeneratedToken) => void;
  /** Called when a prompt is evaluated. */
  readonly onEvaluated?: (report: EvaluationReport, usedTokens: number) => void;
}

/** A sequence that counts what one reply costs. */
export class MeteredSequence implements ContextSequence {
  /** Length of the first prompt, tokens. */
  promptTokens = 0;
  /** How many of them did not have to be evaluated. */
  cachedTokens = 0;
  generatedTokens = 0;
  readonly #inner: ContextSequence;
  readonly #options: MeteredSequenceOptions;
  #startMs: number | undefined;
  #lastMs = 0;

  constructor(inner: ContextSequence, options: MeteredSequenceOptions = {}) {
    this.#inner = inner;
    this.#options = options;
  }

  get model(): LanguageModel {
    return this.#inner.model;
  }
  get contextSize(): number {
    return this.#inner.contextSize;
  }
  get contextTokens(): readonly Token[] {
    return this.#inner.contextTokens;
  }
  get tokenMeter(): TokenMeter {
    return this.#inner.tokenMeter;
  }
  get lastEvaluation(): EvaluationReport | undefined {
    return this.#inner.lastEvaluation;
  }
  get disposed(): boolean {
    return this.#inner.disposed;
  }

  /** Tokens a second since the first one; 0 before the second. */
  get tokensPerSecond(): number {
    const ms = this.#lastMs - (this.#startMs ?? this.#lastMs);
    return ms <= 0 ? 0 : Math.round(((this.generatedTokens - 1) / ms) * 100_000) / 100;
  }

  async *generate(
    target: readonly Token[],
    options: GenerateOptions = {},
  ): AsyncGenerator<GeneratedToken, GenerateFinish, void> {
    const { logprobs = 0, onToken } = this.#options;
    if (this.promptTokens === 0) this.promptTokens = target.length;
    const stream = this.#inner.generate(target, logprobs > 0 ? { ...options, logprobs } : options);
    let isFirst = true;
    try {
      while (true) {
        const next = await stream.next();
        if (isFirst) this.#evaluated(target.length);
        isFirst = false;
        if (next.done) return next.value;
        this.generatedTokens++;
        this.#lastMs = performance.now();
        this.#startMs ??= this.#lastMs;
        onToken?.(next.value);
        yield next.value;
      }
    } finally {
      await stream.return({ reason: "abort" });
    }
  }

  preload(target: readonly Token[], options?: EvaluateTargetOptions): Promise<void> {
    if (this.promptTokens === 0) this.promptTokens = target.length;
    return this.#inner.preload(target, options);
  }

  clearHistory(): Promise<void> {
    return this.#inner.clearHistory();
  }

  /** The sequence belongs to the pool: nothing is disposed. */
  dispose(): void {}

  #evaluated(usedTokens: number): void {
    const report = this.#inner.lastEvaluation;
    if (report === undefined) return;
    if (this.generatedTokens === 0) {
      this.cachedTokens = Math.max(0, this.promptTokens - report.evaluatedTokens);
    }
    this.#options.onEvaluated?.(report, usedTokens);
  }
}
