export interface TokenMeterState {
  /** Tokens that went through the model without their logits being asked for: prompts but for their last token. */
  readonly usedInputTokens: number;
  /** Tokens whose logits were asked for: one for each token sampled. Input and output together are all evaluations. */
  readonly usedOutputTokens: number;
}

/**
 * Counts what a sequence has evaluated and generated.
 *
 * @example
 * const before = sequence.tokenMeter.getState();
 * await session.prompt("Hi");
 * console.log(sequence.tokenMeter.diff(before).usedInputTokens);
 */
export class TokenMeter {
  #inputTokens = 0;
  #outputTokens = 0;

  get usedInputTokens(): number {
    return this.#inputTokens;
  }

  get usedOutputTokens(): number {
    return this.#outputTokens;
  }

  useTokens(count: number, type: "input" | "output"): void {
    if (type === "input") this.#inputTokens += count;
    else this.#outputTokens += count;
  }

  getState(): TokenMeterState {
    return { usedInputTokens: this.#inputTokens, usedOutputTokens: this.#outputTokens };
  }

  /** What was used since `before`. */
  diff(before: TokenMeter | TokenMeterState): TokenMeterState {
    return TokenMeter.diff(this, before);
  }

  static diff(after: TokenMeter | TokenMeterState, before: TokenMeter | TokenMeterState): TokenMeterState {
    return {
      usedInputTokens: after.usedInputTokens - before.usedInputTokens,
      usedOutputTokens: after.usedOutputTokens - before.usedOutputTokens,
    };
  }
}
