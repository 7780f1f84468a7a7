import type { Ledger } from "./ledger.ts";

/**
 * How many leading ids two lists share, without cutting a media run (equal negative ids) in two.
 * A run that goes on in only one of the lists is not shared.
 */
export function commonPrefixLength(a: ArrayLike<number>, b: ArrayLike<number>, limit = a.length): number {
  const end = Math.min(a.length, b.length, limit);
  let length = 0;
  while (length < end && a[length] === b[length]) length++;
  return outOfRuns(length, a, b);
}

/** The largest cut at or before `cut` that lies within a media run of neither list. */
export function outOfRuns(cut: number, a: ArrayLike<number>, b: ArrayLike<number>): number {
  let at = cut;
  while (at > 0 && (cutsRun(a, at) || cutsRun(b, at))) at--;
  return at;
}

/** Whether a cut before index `at` separates two cells of one media run. */
export function cutsRun(list: ArrayLike<number>, at: number): boolean {
  return at > 0 && at < list.length && list[at]! < 0 && list[at] === list[at - 1];
}

export interface SharedPrefix {
  /** Index of the ledger that shares the most. */
  readonly index: number;
  /** How many cells it shares. */
  readonly length: number;
}

/**
 * The ledger whose exactly computed cells share the longest prefix with `target`, the first of equals;
 * `undefined` when none shares anything.
 */
export function findLongestPrefix(
  ledgers: readonly Ledger[],
  target: ArrayLike<number>,
): SharedPrefix | undefined {
  let best: SharedPrefix | undefined;
  for (const [index, ledger] of ledgers.entries()) {
    const longest = best?.length ?? 0;
    // One look at the cell that would make it longer rules most ledgers out.
    if (ledger.exactLength <= longest || ledger.at(longest) !== target[longest]) continue;
    const length = commonPrefixLength(ledger.cells, target, ledger.exactLength);
    if (length > longest) best = { index, length };
  }
  return best;
}
