import { InvalidArgumentError } from "../../base/errors.ts";

/** Tokens of a sequence by index; `end` is the first one that does not belong to it. */
export interface ContextTokensDeleteRange {
  start: number;
  end: number;
}

/** What is left of a list without some ranges of it. @throws InvalidArgumentError */
export function withoutRanges<T>(list: readonly T[], ranges: readonly ContextTokensDeleteRange[]): T[] {
  if (!Array.isArray(ranges)) throw new InvalidArgumentError("The ranges must be an array of {start, end}");
  const erased = new Uint8Array(list.length);
  for (const range of ranges) {
    const { start, end } = range ?? {};
    if (!(Number.isInteger(start) && Number.isInteger(end) && start >= 0))
      throw new InvalidArgumentError(
        `A range needs a start and an end, whole numbers of 0 or more, not ${String(start)} and ${String(end)}`,
      );
    erased.fill(1, Math.min(start, list.length), Math.max(start, Math.min(end, list.length)));
  }
  return list.filter((_, index) => erased[index] === 0);
}

/**
 * The longest beginning of `wanted` that is left of `held` when tokens that stand in the way are erased, each token of
 * `wanted` found as early as possible.
 */
export function keptByErasing<T>(held: readonly T[], wanted: readonly T[]): T[] {
  let found = 0;
  for (const token of held) if (found < wanted.length && token === wanted[found]) found++;
  return wanted.slice(0, found);
}
