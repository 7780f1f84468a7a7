import type { SamplingOptions } from "./options.ts";
import { createRandom } from "./random.ts";
import { type ResolvedSampling, resolveSamplingOptions } from "./resolve-sampling-options.ts";

/** Each step as its definition says it, on lists of pairs with full sorts. For tests. */
export interface SlowCandidate {
  readonly id: number;
  readonly logit: number;
}

/** Which tokens a draw may choose from, and with which probability. Best first, lowest id among equals. */
export function slowDistribution(
  logits: ArrayLike<number>,
  options: SamplingOptions,
  allowed: (id: number) => boolean = () => true,
  xtcStrikes = false,
): { id: number; probability: number }[] {
  const sampling = resolveSamplingOptions(options);
  const adjusted = slowAdjust(logits, sampling);
  let list: SlowCandidate[] = Array.from(adjusted, (logit, id) => ({ id, logit }))
    .filter(({ id, logit }) => allowed(id) && logit !== Number.NEGATIVE_INFINITY)
    .sort((a, b) => b.logit - a.logit || a.id - b.id);
  if (sampling.topK > 0) list = list.slice(0, sampling.topK);
  if (sampling.topP < 1) {
    const probabilities = softmax(list, 1);
    let sum = 0;
    const end = probabilities.findIndex((p) => (sum += p) >= sampling.topP);
    if (end >= 0) list = list.slice(0, end + 1);
  }
  if (sampling.minP > 0) {
    const probabilities = softmax(list, 1);
    list = list.filter((_, i) => probabilities[i]! >= sampling.minP * probabilities[0]! * (1 - 1e-12));
  }
  if (xtcStrikes && sampling.xtc !== undefined) {
    const { threshold } = sampling.xtc;
    const above = softmax(list, 1).filter((p) => p >= threshold).length;
    if (above > 1) list = list.slice(above - 1);
  }
  const probabilities = softmax(list, sampling.temperature);
  return list.map(({ id }, i) => ({ id, probability: probabilities[i]! }));
}

function slowAdjust(logits: ArrayLike<number>, sampling: ResolvedSampling): number[] {
  const adjusted = Array.from(logits);
  const { repeatPenalty, tokenBias } = sampling;
  if (repeatPenalty !== undefined) {
    const punished = repeatPenalty.punishTokens();
    for (const token of new Set(punished)) {
      const times = punished.filter((other) => other === token).length;
      const logit = adjusted[token]!;
      adjusted[token] = Math.fround(
        (logit <= 0 ? logit * repeatPenalty.penalty : logit / repeatPenalty.penalty) -
          times * repeatPenalty.frequencyPenalty -
          repeatPenalty.presencePenalty,
      );
    }
  }
  if (tokenBias !== undefined)
    for (const [token, bias] of tokenBias()) adjusted[token] = Math.fround(adjusted[token]! + bias);
  return adjusted;
}

function softmax(list: readonly SlowCandidate[], temperature: number): number[] {
  const highest = Math.max(...list.map(({ logit }) => logit));
  const weights = list.map(({ logit }) => Math.exp((logit - highest) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Logits that look like a model's: mostly a wide bell, with some equal values. */
export function randomLogits(size: number, seed: number): Float32Array {
  const random = createRandom(seed);
  const logits = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const bell = random.next() + random.next() + random.next() + random.next() - 2;
    logits[i] = random.next() < 0.1 ? Math.round(bell * 6) : bell * 6;
  }
  return logits;
}
