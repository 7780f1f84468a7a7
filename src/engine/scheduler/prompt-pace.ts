/** A batch that carries part of a prompt may take this many times as long as a step of the running replies alone. */
const stretchMax = 2.7;
/** Smaller parts cost more in batches than they save in waiting. */
const chunkMin = 8;
/** Weight of the newest observation. */
const weight = 0.2;

/**
 * How much of a prompt goes along with the steps of running replies, so that the gaps between their tokens stay within
 * a multiple of what they are alone. Learned from what batches take.
 */
export class PromptPace {
  readonly #chunkMax: number;
  #stepMs = 0;
  #promptMsPerToken = 0;

  constructor(chunkMax: number) {
    this.#chunkMax = chunkMax;
  }

  /** Tokens of prompts for the next batch in which replies wait too. */
  get chunk(): number {
    if (this.#stepMs === 0 || this.#promptMsPerToken === 0)
      return Math.max(1, Math.min(this.#chunkMax, 2 * chunkMin));
    const fitting = Math.floor(((stretchMax - 1) * this.#stepMs) / this.#promptMsPerToken);
    return Math.max(1, Math.min(this.#chunkMax, Math.max(chunkMin, fitting)));
  }

  /** A batch with so many tokens of steps and of prompts took so long. */
  report(stepTokens: number, promptTokens: number, ms: number): void {
    if (promptTokens === 0) this.#stepMs = learn(this.#stepMs, ms);
    else if (stepTokens === 0) this.#promptMsPerToken = learn(this.#promptMsPerToken, ms / promptTokens);
    else if (this.#stepMs > 0)
      this.#promptMsPerToken = learn(
        this.#promptMsPerToken,
        Math.max(0.001, (ms - this.#stepMs) / promptTokens),
      );
  }
}

function learn(known: number, observed: number): number {
  return known === 0 ? observed : known + weight * (observed - known);
}
