import type { EvaluateStep } from "../ledger/plan-edit.ts";

/** A part of an evaluation: tokens, or one run of a negative id. */
export interface EvaluatePiece extends EvaluateStep {
  readonly isSpan: boolean;
}

/** Cuts evaluations at the runs of negative ids: tokens and spans are computed differently. */
export function splitAtSpans(
  steps: readonly EvaluateStep[],
  target: ArrayLike<number>,
): readonly EvaluatePiece[] {
  const pieces: EvaluatePiece[] = [];
  for (const { start, end, unpark } of steps) {
    for (let from = start; from < end; ) {
      const isSpan = target[from]! < 0;
      let to = from + 1;
      while (to < end && (isSpan ? target[to] === target[from] : target[to]! >= 0)) to++;
      pieces.push({
        start: from,
        end: to,
        isSpan,
        ...(to === end && unpark !== undefined ? { unpark } : {}),
      });
      from = to;
    }
  }
  return pieces;
}
