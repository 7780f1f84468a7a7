import { refuseNaN } from "./greedy.ts";

/** The largest finite 32-bit float: an infinite logit is cut to it, so that differences stay numbers. */
const floatMax = 3.4028234663852886e38;

/**
 * The tokens that a draw may still choose from. The arrays are reused from sample to sample.
 * `ids` and `logits` hold `count` entries: best first (lowest id among equals) when `sorted`, else by ascending id.
 */
export interface Candidates {
  ids: Int32Array;
  logits: Float64Array;
  count: number;
  sorted: boolean;
}

export function createCandidates(): Candidates {
  return { ids: new Int32Array(64), logits: new Float64Array(64), count: 0, sorted: true };
}

/** The tokens to choose from: all of the vocabulary (`ids` undefined), or the first `count` of `ids`. */
export interface Pool {
  readonly logits: Float32Array;
  readonly ids: Int32Array | undefined;
  readonly count: number;
}

/**
 * Keeps the `k` best tokens of a pool, best first, tokens with a logit of `-Infinity` left out.
 * A heap of the k best so far with the worst on top: most tokens cost one comparison.
 * @throws ColloquyError `native-failure` when a logit is not a number
 */
export function takeBest(into: Candidates, pool: Pool, k: number): void {
  reserve(into, Math.min(k, pool.count));
  const { logits, ids } = pool;
  into.count = 0;
  into.sorted = true;
  let threshold = Number.NEGATIVE_INFINITY;
  let sum = 0;
  for (let i = 0; i < pool.count; i++) {
    const id = ids === undefined ? i : ids[i]!;
    const logit = logits[id]!;
    sum += logit;
    if (!(logit > threshold)) continue;
    const kept = Math.min(logit, floatMax);
    if (into.count < k) pushWorstOnTop(into, id, kept);
    else siftDown(into, 0, into.count, id, kept);
    if (into.count === k) threshold = into.logits[0]!;
  }
  if (Number.isNaN(sum)) refuseNaN(logits);
  for (let end = into.count - 1; end > 0; end--) {
    const id = into.ids[end]!;
    const logit = into.logits[end]!;
    into.ids[end] = into.ids[0]!;
    into.logits[end] = into.logits[0]!;
    siftDown(into, 0, end, id, logit);
  }
}

/** Keeps every token of a pool whose logit is at least `logitMin` and not `-Infinity`, by ascending id. */
export function takeAbove(into: Candidates, pool: Pool, logitMin: number): void {
  const { logits, ids } = pool;
  into.count = 0;
  into.sorted = false;
  for (let i = 0; i < pool.count; i++) {
    const id = ids === undefined ? i : ids[i]!;
    const logit = logits[id]!;
    if (logit < logitMin || logit === Number.NEGATIVE_INFINITY) continue;
    if (into.count === into.ids.length) reserve(into, Math.min(pool.count, into.count * 4));
    into.ids[into.count] = id;
    into.logits[into.count++] = Math.min(logit, floatMax);
  }
}

/**
 * Top-p over a whole pool: the best tokens, best first, until they hold `topP` of the probability of all.
 * Few tokens do as a rule, so it takes more and more of them instead of sorting the vocabulary.
 * @throws ColloquyError `native-failure` when a logit is not a number
 */
export function takeNucleus(into: Candidates, pool: Pool, topP: number): void {
  takeBest(into, pool, 1);
  if (into.count === 0) return;
  const best = into.logits[0]!;
  let total = 0;
  for (let i = 0; i < pool.count; i++) {
    const logit = pool.logits[pool.ids === undefined ? i : pool.ids[i]!]!;
    total += Math.exp(Math.min(logit, floatMax) - best);
  }
  for (let k = 256; ; k *= 16) {
    takeBest(into, pool, k);
    if (cutNucleus(into, topP * total) || into.count < k) return;
  }
}

/** Top-p among sorted candidates, whose probabilities add up to 1. */
export function keepTopP(candidates: Candidates, topP: number): void {
  const best = candidates.logits[0]!;
  let total = 0;
  for (let i = 0; i < candidates.count; i++) total += Math.exp(candidates.logits[i]! - best);
  cutNucleus(candidates, topP * total);
}

function cutNucleus(candidates: Candidates, target: number): boolean {
  const best = candidates.logits[0]!;
  let sum = 0;
  for (let i = 0; i < candidates.count; i++) {
    sum += Math.exp(candidates.logits[i]! - best);
    if (sum < target) continue;
    candidates.count = i + 1;
    return true;
  }
  return false;
}

/** Min-p among sorted candidates: drops those less probable than `minP` times the best. */
export function keepMinP(candidates: Candidates, minP: number): void {
  const logitMin = candidates.logits[0]! + Math.log(minP);
  let count = 1;
  while (count < candidates.count && candidates.logits[count]! >= logitMin) count++;
  candidates.count = count;
}

/** XTC: drops every candidate whose probability reaches `threshold`, but the least probable of those. */
export function excludeTopChoices(candidates: Candidates, threshold: number): void {
  const { ids, logits } = candidates;
  const best = highestLogit(candidates);
  let total = 0;
  for (let i = 0; i < candidates.count; i++) total += Math.exp(logits[i]! - best);
  const reaches = (i: number) => Math.exp(logits[i]! - best) / total >= threshold;
  let spared = -1;
  // Of equals the last is spared, in both orders the one with the highest id.
  for (let i = 0; i < candidates.count; i++)
    if (reaches(i) && (spared < 0 || logits[i]! <= logits[spared]!)) spared = i;
  if (spared < 0) return;
  let count = 0;
  for (let i = 0; i < candidates.count; i++) {
    if (i !== spared && reaches(i)) continue;
    ids[count] = ids[i]!;
    logits[count++] = logits[i]!;
  }
  candidates.count = count;
}

/** Draws a token by its probability at a temperature. `uniform` is in [0, 1). The logits are used up. */
export function draw(candidates: Candidates, temperature: number, uniform: number): number {
  const { ids, logits, count } = candidates;
  const best = highestLogit(candidates);
  let total = 0;
  for (let i = 0; i < count; i++) total += logits[i] = Math.exp((logits[i]! - best) / temperature);
  const target = uniform * total;
  let sum = 0;
  let chosen = 0;
  for (let i = 0; i < count; i++) {
    const weight = logits[i]!;
    if (weight === 0) continue;
    sum += weight;
    chosen = i;
    if (sum > target) break;
  }
  return ids[chosen]!;
}

function highestLogit(candidates: Candidates): number {
  let best = candidates.logits[0]!;
  if (candidates.sorted) return best;
  for (let i = 1; i < candidates.count; i++) best = Math.max(best, candidates.logits[i]!);
  return best;
}

function reserve(candidates: Candidates, size: number): void {
  if (candidates.ids.length >= size) return;
  const ids = new Int32Array(size);
  const logits = new Float64Array(size);
  ids.set(candidates.ids.subarray(0, candidates.count));
  logits.set(candidates.logits.subarray(0, candidates.count));
  candidates.ids = ids;
  candidates.logits = logits;
}

function pushWorstOnTop(heap: Candidates, id: number, logit: number): void {
  let at = heap.count++;
  while (at > 0) {
    const parent = (at - 1) >> 1;
    if (!isWorse(id, logit, heap.ids[parent]!, heap.logits[parent]!)) break;
    heap.ids[at] = heap.ids[parent]!;
    heap.logits[at] = heap.logits[parent]!;
    at = parent;
  }
  heap.ids[at] = id;
  heap.logits[at] = logit;
}

/** Puts an entry in place of the one at `at`, in a heap of the first `count` entries. */
function siftDown(heap: Candidates, at: number, count: number, id: number, logit: number): void {
  const { ids, logits } = heap;
  let hole = at;
  for (;;) {
    let child = 2 * hole + 1;
    if (child >= count) break;
    if (child + 1 < count && isWorse(ids[child + 1]!, logits[child + 1]!, ids[child]!, logits[child]!))
      child++;
    if (!isWorse(ids[child]!, logits[child]!, id, logit)) break;
    ids[hole] = ids[child]!;
    logits[hole] = logits[child]!;
    hole = child;
  }
  ids[hole] = id;
  logits[hole] = logit;
}

function isWorse(idA: number, logitA: number, idB: number, logitB: number): boolean {
  return logitA < logitB || (logitA === logitB && idA > idB);
}
