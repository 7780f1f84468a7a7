/** Tokens of a draft at most: about as many as one pass over the weights takes along on a few cores. */
export const draftTokensMax = 7;
/** Part of the time that trying drafts may cost, and what it may cost at first, in steps. */
const lossShareMax = 0.01;
const lossStepsAtFirst = 2;
/** A draft must promise this much more than single steps. */
const gainMin = 1.05;
/** Weight of the newest observation. */
const weight = 0.2;
/** Steps with drafts in a row at most: what a single step costs must be known, and the machine changes. */
const draftsInRowMax = 32;
/** Before anything is known: how much a token more adds to a step, and how often a drafted token is right. */
const costPerTokenGuess = 0.25;
const acceptanceGuess = 0.6;

/**
 * Decides how many drafted tokens go along with a step, from what steps have cost and how many drafted tokens were
 * right. Drafting that does not pay is not repeated: what trials lost is booked, and they may lose one part in a
 * hundred of the time.
 */
export class DraftPolicy {
  #singleMs = 0;
  /** Measured time of a step with this many drafted tokens, relative to a step without. */
  readonly #costs = new Float64Array(draftTokensMax + 1);
  #acceptance = acceptanceGuess;
  #elapsedMs = 0;
  #lostMs = 0;
  #draftsInRow = 0;

  /** How many drafted tokens the next step should carry, of `available`. */
  choose(available: number): number {
    if (available < 1 || this.#singleMs === 0 || this.#draftsInRow >= draftsInRowMax) return 0;
    const most = Math.min(available, draftTokensMax);
    let best = 0;
    let bestGain = gainMin;
    for (let count = 1; count <= most; count++) {
      const gain = this.#expectedTokens(count) / this.#cost(count);
      if (gain > bestGain) [best, bestGain] = [count, gain];
    }
    const budget = this.#elapsedMs * lossShareMax + lossStepsAtFirst * this.#singleMs;
    return this.#lostMs > budget ? 0 : best;
  }

  /** A step without a draft. */
  reportSingle(ms: number): void {
    this.#elapsedMs += ms;
    // Another passage may repeat more: what was learned is forgotten slowly.
    this.#acceptance += 0.002 * (acceptanceGuess - this.#acceptance);
    // The longer ago the last one was, the more this one says.
    const share = this.#singleMs === 0 ? 1 : Math.max(weight, this.#draftsInRow / draftsInRowMax);
    this.#draftsInRow = 0;
    this.#singleMs += share * (ms - this.#singleMs);
  }

  /** A step with `drafted` tokens of which the first `accepted` were right: it gave `accepted + 1` tokens. */
  reportDraft(drafted: number, accepted: number, ms: number): void {
    this.#elapsedMs += ms;
    this.#draftsInRow++;
    const cost = ms / this.#singleMs;
    this.#costs[drafted] =
      this.#costs[drafted] === 0 ? cost : this.#costs[drafted]! + weight * (cost - this.#costs[drafted]!);
    const tried = Math.min(drafted, accepted + 1);
    for (let index = 0; index < tried; index++)
      this.#acceptance += 0.1 * ((index < accepted ? 1 : 0) - this.#acceptance);
    this.#lostMs = Math.max(-20 * this.#singleMs, this.#lostMs + ms - (accepted + 1) * this.#singleMs);
  }

  #expectedTokens(count: number): number {
    let tokens = 1;
    let right = 1;
    for (let index = 0; index < count; index++) {
      right *= this.#acceptance;
      tokens += right;
    }
    return tokens;
  }

  #cost(count: number): number {
    if (this.#costs[count]! > 0) return this.#costs[count]!;
    // The nearest measured size tells more than a guess.
    for (let distance = 1; distance <= draftTokensMax; distance++)
      for (const near of [count - distance, count + distance])
        if (near >= 1 && near <= draftTokensMax && this.#costs[near]! > 0)
          return 1 + ((this.#costs[near]! - 1) * count) / near;
    return 1 + costPerTokenGuess * count;
  }
}
