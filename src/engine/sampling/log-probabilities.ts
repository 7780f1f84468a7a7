import type { Token } from "../token.ts";
import { createCandidates, takeBest } from "./candidates.ts";

/** Natural-log probabilities of a chosen token and of the best ones, best first. */
export interface LogProbabilities {
  readonly token: number;
  readonly top: readonly (readonly [Token, number])[];
}

/** Log-softmax over all logits as the model gave them: before penalties, bias, grammar and temperature. */
export interface LogProbabilityTable {
  of(token: number): number;
  readonly top: readonly (readonly [Token, number])[];
}

/** @throws ColloquyError `native-failure` when a logit is not a number */
export function readLogProbabilities(logits: Float32Array, count: number): LogProbabilityTable {
  const best = createCandidates();
  takeBest(best, { logits, ids: undefined, count: logits.length }, Math.max(1, count));
  const highest = best.logits[0] ?? 0;
  let total = 0;
  for (let i = 0; i < logits.length; i++) total += Math.exp(logits[i]! - highest);
  const logTotal = highest + Math.log(total);
  const top: (readonly [Token, number])[] = [];
  for (let i = 0; i < Math.min(count, best.count); i++)
    top.push([best.ids[i] as Token, best.logits[i]! - logTotal]);
  return { top, of: (token) => logits[token]! - logTotal };
}
