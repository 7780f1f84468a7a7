import type { EditMode } from "../context-sequence.ts";
import { findRuns, type Run } from "./find-runs.ts";
import { commonPrefixLength, outOfRuns } from "./longest-prefix.ts";

/** What a sequence holds, what it should hold, and what its memory can do. */
export interface EditRequest {
  /** Ids by position; see {@link Ledger}. */
  readonly held: ArrayLike<number>;
  readonly target: ArrayLike<number>;
  readonly mode: EditMode;
  /** Whether cells of this memory can be moved (`llama_memory_can_shift`). Without, `shift` plans like `exact`. */
  readonly canShift: boolean;
  /**
   * Whether there is a spare sequence for cells to wait in. llama.cpp evaluates only behind the last cell of a sequence,
   * so tokens can be inserted only while the cells behind them are elsewhere. Without, only removals reuse what follows.
   */
  readonly canPark: boolean;
  /** Cells before this position may be kept or dropped but not moved: another sequence shares them. Default 0. */
  readonly immovableEnd?: number;
  /** In `exact` mode, only this many leading cells may be reused. Default: all; see {@link Ledger.exactLength}. */
  readonly exactLength?: number;
  /** The logits of the last held token are still there: when nothing changed, nothing is evaluated. Default false. */
  readonly logitsKnown?: boolean;
  /** Shorter runs are evaluated again. Default 8 tokens. */
  readonly runLengthMin?: number;
  /**
   * Reusing fewer tokens than this behind the change is not worth the pass over the cache that moved cells cost
   * (about 35 tokens' time on the default model). Default 32.
   */
  readonly reusedMin?: number;
}

/**
 * One change of cells, all positions half-open. Valid when applied in order: no two cells ever share a position.
 * - `remove`: `seq_rm(sequence, start, end)`
 * - `move`: `seq_add(sequence, start, end, delta)`
 * - `park`: `seq_cp(sequence, spare, start, end)`, then `seq_rm(sequence, start, end)`
 */
export type CellOperation =
  | { readonly type: "remove"; readonly start: number; readonly end: number }
  | { readonly type: "move"; readonly start: number; readonly end: number; readonly delta: number }
  | { readonly type: "park"; readonly start: number; readonly end: number };

export interface Range {
  readonly start: number;
  readonly end: number;
}

/** `target[start, end)` goes through the model at these positions; then the parked cells behind come back. */
export interface EvaluateStep extends Range {
  /** `seq_cp(spare, sequence, start, end)`, then `seq_rm(spare, start, end)`. Begins at this step's `end`. */
  readonly unpark?: Range;
}

export interface EditPlan {
  /** Done first, in order. */
  readonly operations: readonly CellOperation[];
  /** Cells `[0, prefixLength)` that the sequence holds after the operations: `target`'s first ids. */
  readonly prefixLength: number;
  /** Cells `[0, exactLength)` of those stayed in place with nothing changed before them. */
  readonly exactLength: number;
  /** Cells from here on are new or were moved; before it, some stay where they were. */
  readonly unmovedEnd: number;
  /** Done next, in order; the last one ends with the target, so its logits are those of the target's last token. */
  readonly evaluate: readonly EvaluateStep[];
  /** Tokens whose cells stay where they are. */
  readonly reusedTokens: number;
  /** Tokens whose cells get a new position. */
  readonly movedTokens: number;
  readonly evaluatedTokens: number;
}

/**
 * Plans how a sequence's cells become `target` with the least evaluation. Pure: changes nothing.
 *
 * `exact` keeps the common beginning. `shift` also keeps long runs behind the change, by moving their cells.
 * When a plan is given up halfway, dropping what is still parked leaves a valid beginning of the target.
 *
 * @example
 * const plan = planEdit({ held: ledger.cells, target, mode: "exact", canShift: true, canPark: true });
 */
export function planEdit(request: EditRequest): EditPlan {
  const { held, target } = request;
  const limit = request.mode === "exact" ? (request.exactLength ?? held.length) : held.length;
  const common = commonPrefixLength(held, target, Math.min(limit, held.length));
  const unchanged = common === target.length && common === held.length;
  if (unchanged && (request.logitsKnown || target.length === 0)) return planOf(request, [], common);
  const prefix = outOfRuns(Math.min(common, target.length - 1), held, target);
  // Nothing was changed, only cut off or appended: there is nothing behind to reuse.
  if (request.mode === "exact" || !request.canShift || common === held.length || common === target.length)
    return planOf(request, [], Math.max(0, prefix));
  return planOf(request, reusableRuns(request, prefix), Math.max(0, prefix));
}

/** Runs behind the common beginning that are worth keeping. */
function reusableRuns(request: EditRequest, prefix: number): Run[] {
  const { held, target, canPark, immovableEnd = 0, runLengthMin = 8, reusedMin = 32 } = request;
  const window = {
    heldStart: prefix,
    heldEnd: held.length,
    targetStart: prefix,
    targetEnd: target.length,
  };
  // The last token is always evaluated, for its logits; a media run at the end then as a whole.
  const targetEnd = outOfRuns(target.length - 1, target, target);
  const kept: Run[] = [];
  let end = prefix;
  let reused = 0;
  for (const found of findRuns(held, target, window, runLengthMin)) {
    const run = cutToFit(found, held, targetEnd, immovableEnd);
    if (run.length < runLengthMin) continue;
    if (!canPark && run.target !== end) break;
    kept.push(run);
    end = run.target + run.length;
    reused += run.length;
  }
  return reused < reusedMin ? [] : kept;
}

/** The part of a run that lies before `targetEnd` and, when it is to be moved, behind the immovable cells. */
function cutToFit(run: Run, held: ArrayLike<number>, targetEnd: number, immovableEnd: number): Run {
  let skipped = run.target === run.held ? 0 : Math.min(run.length, Math.max(0, immovableEnd - run.held));
  while (skipped > 0 && skipped < run.length && held[run.held + skipped]! < 0) skipped++;
  const end = Math.min(run.target + run.length, targetEnd);
  return {
    held: run.held + skipped,
    target: run.target + skipped,
    length: Math.max(0, end - run.target - skipped),
  };
}

function planOf(request: EditRequest, runs: readonly Run[], prefix: number): EditPlan {
  const { held, target } = request;
  const all: Run[] = prefix > 0 ? [{ held: 0, target: 0, length: prefix }, ...runs] : [...runs];
  const holes = gapsBetween(all, "target", target.length);
  const prefixLength = holes[0]?.start ?? target.length;
  const last = all.at(-1);
  const reusedEnd = last === undefined ? 0 : last.target + last.length;
  const operations: CellOperation[] = [
    ...gapsBetween(all, "held", held.length).map((gap) => ({ type: "remove" as const, ...gap })),
    ...movesOf(all),
  ];
  const parked = holes[0] !== undefined && reusedEnd > holes[0].start;
  if (parked) operations.push({ type: "park", start: holes[0]!.end, end: reusedEnd });
  const evaluate = holes.map((hole, i): EvaluateStep => {
    const unparkEnd = holes[i + 1]?.start ?? reusedEnd;
    return unparkEnd > hole.end ? { ...hole, unpark: { start: hole.end, end: unparkEnd } } : hole;
  });
  const evaluatedTokens = holes.reduce((sum, { start, end }) => sum + end - start, 0);
  const movedTokens = all.reduce((sum, run) => sum + (run.held === run.target ? 0 : run.length), 0);
  return {
    operations,
    prefixLength,
    exactLength: Math.min(prefix, request.exactLength ?? prefix),
    unmovedEnd: all.reduce((end, run) => (run.held === run.target ? run.target + run.length : end), 0),
    evaluate,
    reusedTokens: target.length - evaluatedTokens - movedTokens,
    movedTokens,
    evaluatedTokens,
  };
}

/** What of `[0, length)` no run covers, on one of their two sides. */
function gapsBetween(runs: readonly Run[], side: "held" | "target", length: number): Range[] {
  const gaps: Range[] = [];
  let at = 0;
  for (const run of runs) {
    if (run[side] > at) gaps.push({ start: at, end: run[side] });
    at = run[side] + run.length;
  }
  if (length > at) gaps.push({ start: at, end: length });
  return gaps;
}

/**
 * Cells that move to the right go first, the last of them foremost; then those to the left, the first foremost.
 * Runs keep their order, so each then moves into positions that are already free.
 */
function movesOf(runs: readonly Run[]): CellOperation[] {
  const toRight = runs.filter((run) => run.target > run.held).reverse();
  const toLeft = runs.filter((run) => run.target < run.held);
  return [...toRight, ...toLeft].map((run) => ({
    type: "move",
    start: run.held,
    end: run.held + run.length,
    delta: run.target - run.held,
  }));
}
