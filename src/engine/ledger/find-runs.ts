import { cutsRun } from "./longest-prefix.ts";

/** `length` ids that stand at `held` in one list and at `target` in the other. */
export interface Run {
  readonly held: number;
  readonly target: number;
  readonly length: number;
}

/** Half-open windows of the two lists in which runs are looked for. */
export interface RunWindow {
  readonly heldStart: number;
  readonly heldEnd: number;
  readonly targetStart: number;
  readonly targetEnd: number;
}

/**
 * Long common runs of two lists, in order in both, disjoint, at least `lengthMin` long.
 *
 * A patience diff over `lengthMin`-grams (B. Cohen, "Patience Diff Advantages"): grams that occur once in each window are
 * anchors, the longest chain of anchors ascending in both lists is kept, and each is extended as far as ids agree.
 * The common end is matched first, so repetitive texts with one edit need no anchors. O(n log n).
 */
export function findRuns(
  held: ArrayLike<number>,
  target: ArrayLike<number>,
  window: RunWindow,
  lengthMin: number,
): Run[] {
  const ending = commonEnd(held, target, window, lengthMin);
  const rest = ending === undefined ? window : { ...window, heldEnd: ending.held, targetEnd: ending.target };
  const runs = extendAnchors(held, target, rest, longestChain(findAnchors(held, target, rest, lengthMin)));
  if (ending !== undefined) runs.push(ending);
  return runs.map((run) => withoutCutMedia(held, target, run)).filter((run) => run.length >= lengthMin);
}

function commonEnd(
  held: ArrayLike<number>,
  target: ArrayLike<number>,
  window: RunWindow,
  lengthMin: number,
): Run | undefined {
  const { heldStart, heldEnd, targetStart, targetEnd } = window;
  const lengthMax = Math.min(heldEnd - heldStart, targetEnd - targetStart);
  let length = 0;
  while (length < lengthMax && held[heldEnd - 1 - length] === target[targetEnd - 1 - length]) length++;
  if (length < lengthMin) return undefined;
  return { held: heldEnd - length, target: targetEnd - length, length };
}

/** Places of grams that occur once in both windows, ascending in `target`. */
interface Anchors {
  readonly held: number[];
  readonly target: number[];
}

const repeated = -1;
const hashBase = 0x01000193;

function findAnchors(
  held: ArrayLike<number>,
  target: ArrayLike<number>,
  window: RunWindow,
  size: number,
): Anchors {
  const inHeld = indexGrams(held, window.heldStart, window.heldEnd, size);
  const inTarget = indexGrams(target, window.targetStart, window.targetEnd, size);
  const anchors: Anchors = { held: [], target: [] };
  for (const [hash, targetAt] of inTarget) {
    const heldAt = inHeld.get(hash);
    if (targetAt === repeated || heldAt === undefined || heldAt === repeated) continue;
    let equal = 0;
    while (equal < size && held[heldAt + equal] === target[targetAt + equal]) equal++;
    if (equal < size) continue;
    anchors.held.push(heldAt);
    anchors.target.push(targetAt);
  }
  return anchors;
}

/** The only place of each gram by its rolling hash, `repeated` when there are several; in order of first occurrence. */
function indexGrams(list: ArrayLike<number>, start: number, end: number, size: number): Map<number, number> {
  const places = new Map<number, number>();
  let leaving = 1;
  for (let i = 0; i < size; i++) leaving = Math.imul(leaving, hashBase);
  let hash = 0;
  for (let i = start; i < end; i++) {
    hash = (Math.imul(hash, hashBase) + scramble(list[i]!)) | 0;
    if (i - size >= start) hash = (hash - Math.imul(leaving, scramble(list[i - size]!))) | 0;
    if (i - start + 1 >= size) places.set(hash, places.has(hash) ? repeated : i - size + 1);
  }
  return places;
}

/** Small neighbouring ids would give neighbouring hashes. */
function scramble(id: number): number {
  const x = Math.imul(id ^ (id >>> 15), 0x2c1b3c6d);
  return x ^ (x >>> 12);
}

/** The longest subsequence of anchors that ascends in `held` as well (patience sorting). */
function longestChain(anchors: Anchors): Anchors {
  const tails: number[] = [];
  const previous = new Int32Array(anchors.held.length);
  for (let i = 0; i < anchors.held.length; i++) {
    const at = anchors.held[i]!;
    let low = 0;
    let high = tails.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (anchors.held[tails[middle]!]! < at) low = middle + 1;
      else high = middle;
    }
    previous[i] = low > 0 ? tails[low - 1]! : -1;
    tails[low] = i;
  }
  const chain: Anchors = { held: [], target: [] };
  for (let i = tails.at(-1) ?? -1; i >= 0; i = previous[i]!) {
    chain.held.push(anchors.held[i]!);
    chain.target.push(anchors.target[i]!);
  }
  chain.held.reverse();
  chain.target.reverse();
  return chain;
}

function extendAnchors(
  held: ArrayLike<number>,
  target: ArrayLike<number>,
  window: RunWindow,
  anchors: Anchors,
): Run[] {
  const runs: Run[] = [];
  let { heldStart, targetStart } = window;
  for (const [i, anchorHeld] of anchors.held.entries()) {
    let from = anchorHeld;
    let to = anchors.target[i]!;
    // Already within the run of an anchor before.
    if (from < heldStart || to < targetStart) continue;
    let end = from;
    while (from > heldStart && to > targetStart && held[from - 1] === target[to - 1]) {
      from--;
      to--;
    }
    const shift = to - from;
    while (end < window.heldEnd && end + shift < window.targetEnd && held[end] === target[end + shift]) end++;
    runs.push({ held: from, target: to, length: end - from });
    heldStart = end;
    targetStart = end + shift;
  }
  return runs;
}

/** Shortens a run at both ends until it cuts no media run in either list. */
function withoutCutMedia(held: ArrayLike<number>, target: ArrayLike<number>, run: Run): Run {
  let start = 0;
  let end = run.length;
  const cuts = (i: number) => cutsRun(held, run.held + i) || cutsRun(target, run.target + i);
  while (start < end && cuts(start)) start++;
  while (end > start && cuts(end)) end--;
  return { held: run.held + start, target: run.target + start, length: end - start };
}
