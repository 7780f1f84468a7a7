import type { Token } from "../token.ts";

/** Tokens that a sampler could choose from and their logits, best first. */
export type RankedLogits = readonly (readonly [Token, number])[];

/** Sum of `exp(logit - highest logit)`. */
export function totalLogitWeight(candidates: RankedLogits): number {
  const best = candidates[0]?.[1] ?? 0;
  return candidates.reduce((sum, [, logit]) => sum + Math.exp(logit - best), 0);
}

/** Softmax, best first. */
export function probabilitiesOf(candidates: RankedLogits): Map<Token, number> {
  const best = candidates[0]?.[1] ?? 0;
  const total = totalLogitWeight(candidates);
  return new Map(candidates.map(([token, logit]) => [token, Math.exp(logit - best) / total]));
}
