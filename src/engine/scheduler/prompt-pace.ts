/**
 * A batch that carries part of a prompt may take this many times as long as a step of the running replies alone, or this
 * long, whichever is more: 20 tokens a second are faster than anybody reads, and small parts of long prompts are dear,
 * because attention costs most in small batches.
 */
const stretchMax = 2.3;
const comfortableGapMs = 50;
/** However slow a token is, a prompt gets on. */
const chunkMin = 2;
/** Before anything is known. */
const chunkAtFirst = 16;
/**
 * What a batch of prompts alone may take, and the fewest tokens in it. An abort loses the batch that is running: with a
 * large model, or on a busy machine, a full one can be half a minute of work.
 */
const aloneMsMax = 1000;
const aloneTokensMin = 128;
/** Weight of the newest observation, and how far it may be from what is known: a disturbed batch says little. */
const weight = 0.2;
const surpriseMax = 2;

/** Sizes of the parts in which prompts are read. */
export interface PromptParts {
  /** Tokens of prompts that go along with steps of running replies. */
  readonly beside: number;
  /** Tokens of prompts in a batch of their own. */
  readonly alone: number;
}

/**
 * How much of a prompt goes into a batch. Beside running replies: so much that the gaps between their tokens stay within
 * a multiple of what they are alone. In a batch of its own: so much that an abort never loses much. Learned from what
 * batches take, by time a token of the whole batch: that settles at the size in question, whatever the fixed part of a
 * batch costs.
 */
export class PromptPace {
  readonly #besideMax: number;
  readonly #aloneMax: number;
  #stepMs = 0;
  #besideMsPerToken = 0;
  #aloneMsPerToken = 0;

  constructor(besideMax: number, aloneMax: number) {
    this.#besideMax = besideMax;
    this.#aloneMax = aloneMax;
  }

  /** @param stepTokens tokens of the running replies in the next batch */
  parts(stepTokens: number): PromptParts {
    return { beside: this.#beside(stepTokens), alone: this.#alone() };
  }

  /** A batch with so many tokens of steps and of prompts took so long. */
  report(stepTokens: number, promptTokens: number, ms: number): void {
    const msPerToken = ms / (stepTokens + promptTokens);
    if (promptTokens === 0) this.#stepMs = learn(this.#stepMs, ms);
    else if (stepTokens === 0) this.#aloneMsPerToken = learn(this.#aloneMsPerToken, msPerToken);
    else this.#besideMsPerToken = learn(this.#besideMsPerToken, msPerToken);
  }

  #beside(stepTokens: number): number {
    const msPerToken = this.#besideMsPerToken || this.#aloneMsPerToken;
    const fitting =
      this.#stepMs === 0 || msPerToken === 0
        ? chunkAtFirst
        : Math.floor(Math.max(stretchMax * this.#stepMs, comfortableGapMs) / msPerToken) - stepTokens;
    return Math.max(1, Math.min(this.#besideMax, Math.max(chunkMin, fitting)));
  }

  #alone(): number {
    if (this.#aloneMsPerToken === 0) return this.#aloneMax;
    const fitting = Math.floor(aloneMsMax / this.#aloneMsPerToken);
    return Math.min(this.#aloneMax, Math.max(aloneTokensMin, fitting));
  }
}

function learn(known: number, observed: number): number {
  if (known === 0) return observed;
  const believed = Math.min(observed, surpriseMax * known);
  return known + weight * (believed - known);
}
