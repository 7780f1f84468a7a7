import { type CodePointRange, MAX_CODE_POINT } from "./ir.ts";

const SURROGATES: CodePointRange = [0xd800, 0xdfff];

/** The same set as sorted ranges that neither overlap nor touch. */
export function normalizeRanges(ranges: readonly CodePointRange[]): CodePointRange[] {
  const sorted = ranges.filter(([first, last]) => first <= last).sort((a, b) => a[0] - b[0]);
  const merged: [number, number][] = [];
  for (const [first, last] of sorted) {
    const previous = merged[merged.length - 1];
    if (previous !== undefined && first <= previous[1] + 1) previous[1] = Math.max(previous[1], last);
    else merged.push([first, last]);
  }
  return merged;
}

/** Every code point that is in none of the ranges, surrogates included. */
export function complementRanges(ranges: readonly CodePointRange[]): CodePointRange[] {
  const result: CodePointRange[] = [];
  let next = 0;
  for (const [first, last] of normalizeRanges(ranges)) {
    if (first > next) result.push([next, first - 1]);
    next = last + 1;
  }
  if (next <= MAX_CODE_POINT) result.push([next, MAX_CODE_POINT]);
  return result;
}

/** The code points that are in both sets. */
export function intersectRanges(
  left: readonly CodePointRange[],
  right: readonly CodePointRange[],
): CodePointRange[] {
  return complementRanges([...complementRanges(left), ...complementRanges(right)]);
}

/** The characters that the ranges stand for: sorted, disjoint, inside Unicode, without surrogates. */
export function characterRanges(ranges: readonly CodePointRange[], negated: boolean): CodePointRange[] {
  const excluded = negated ? ranges : complementRanges(ranges);
  return complementRanges([...excluded, SURROGATES]);
}
