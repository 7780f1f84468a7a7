import type { DryBreakers } from "./dry-breakers.ts";
import type { LogitOverlay } from "./logit-overlay.ts";
import type { ResolvedDryPenalty } from "./resolve-sampling-options.ts";
import type { TokenHistory } from "./token-history.ts";

/** Keeps `base ** exponent` below the largest 32-bit float, as llama.cpp does. */
const floatMaxLog = 88.7228391;

/** Arrays that live as long as the sampler, so that a sample allocates nothing. */
export interface DryScratch {
  matchLengths: Int32Array;
  readonly longest: Map<number, number>;
}

/**
 * DRY ("don't repeat yourself"): lowers the logit of each token that would make a repetition longer.
 * When the last `n` tokens also occurred before, followed by token `t`, then `t` loses
 * `strength * base ** (n - allowedLength)`, for the longest such `n` of at least `allowedLength`.
 * A repetition never reaches back over a sequence breaker.
 */
export function applyDryPenalty(
  logits: Float32Array,
  overlay: LogitOverlay,
  options: ResolvedDryPenalty,
  breakers: DryBreakers,
  history: TokenHistory,
  scratch: DryScratch,
): void {
  const size = Math.min(history.length, options.lastTokens);
  if (size <= options.allowedLength) return;
  const limit = distanceToBreaker(history, size, breakers);
  if (limit < options.allowedLength) return;
  findLongestMatches(history, size, limit, options.allowedLength, scratch);
  const exponentMax = options.base > 1.000001 ? Math.trunc(floatMaxLog / Math.log(options.base)) : 0;
  for (const [token, length] of scratch.longest) {
    const logit = logits[token];
    if (logit === undefined || breakers.get(token)?.some((tail) => tail.length === 0)) continue;
    let exponent = length - options.allowedLength;
    if (exponentMax > 0 && exponent > exponentMax) exponent = exponentMax;
    overlay.set(logits, token, logit - options.strength * options.base ** exponent);
  }
}

/** How many tokens lie after the last breaker. */
function distanceToBreaker(history: TokenHistory, size: number, breakers: DryBreakers): number {
  for (let back = 0; back < size; back++) {
    const tails = breakers.get(history.fromEnd(back));
    if (tails === undefined) continue;
    let longest = -1;
    for (const tail of tails)
      if (tail.length > longest && tail.length <= back && followedBy(history, back, tail))
        longest = tail.length;
    if (longest >= 0) return back - longest;
  }
  return size;
}

function followedBy(history: TokenHistory, back: number, tail: readonly number[]): boolean {
  return tail.every((token, i) => token === history.fromEnd(back - i - 1));
}

/**
 * For every place `k` tokens back: how many tokens up to there equal the last tokens of the history. That is the
 * Z-function of the reversed history, linear in its length (D. Gusfield, Algorithms on Strings, 1.3–1.4).
 * The token behind such a place is the one that would continue the repetition.
 */
function findLongestMatches(
  history: TokenHistory,
  size: number,
  limit: number,
  lengthMin: number,
  scratch: DryScratch,
): void {
  if (scratch.matchLengths.length < size) scratch.matchLengths = new Int32Array(size * 2);
  const lengths = scratch.matchLengths;
  const { longest } = scratch;
  longest.clear();
  let boxStart = 0;
  let boxEnd = 0;
  for (let k = 1; k < size; k++) {
    let length = k < boxEnd ? Math.min(boxEnd - k, lengths[k - boxStart]!) : 0;
    while (k + length < size && history.fromEnd(length) === history.fromEnd(k + length)) length++;
    lengths[k] = length;
    if (k + length > boxEnd) {
      boxStart = k;
      boxEnd = k + length;
    }
    const repeated = Math.min(length, limit);
    if (repeated < lengthMin) continue;
    const next = history.fromEnd(k - 1);
    if ((longest.get(next) ?? 0) < repeated) longest.set(next, repeated);
  }
}
