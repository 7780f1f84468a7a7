import type { EditMode, EvaluateTargetOptions, EvaluationReport } from "../context-sequence.ts";
import { commonPrefixLength } from "../ledger/longest-prefix.ts";
import { type EditPlan, type EvaluateStep, planEdit } from "../ledger/plan-edit.ts";
import { EvaluationAborted } from "../scheduler/scheduler.ts";
import { evaluateSpan } from "../spans/evaluate-span.ts";
import { type EvaluatePiece, splitAtSpans } from "../spans/split-at-spans.ts";
import type { Token } from "../token.ts";
import { applyOperations, dropParked, unpark } from "./apply-plan.ts";
import type { LogitRows } from "./continue-sequence.ts";
import type { HeldSequence, SequenceStore } from "./sequence-store.ts";

/**
 * Makes a sequence hold `target` with the least evaluation: shares a beginning, edits the cells by plan, evaluates the
 * rest. Whatever happens in between, the ledger says what the cells hold.
 * @throws EvaluationAborted; what was evaluated is kept
 */
export async function alignSequence(
  store: SequenceStore,
  held: HeldSequence,
  target: readonly Token[],
  options: EvaluateTargetOptions & { edit: EditMode },
  onLogits: ((rows: LogitRows) => void) | undefined,
): Promise<EvaluationReport> {
  const started = performance.now();
  const { scheduler } = store.setup;
  const priority = options.priority ?? 5;
  const endReading = await store.beginReading(held, target, priority, options.signal);
  try {
    let sharedTokens = 0;
    const plan = await scheduler.exclusive(async () => {
      if (options.signal?.aborted) throw new EvaluationAborted(options.signal);
      await store.states.keepIfLost(held, target);
      sharedTokens = await inherit(store, held, target, options.edit);
      goBackIfNeeded(store, held, target, options.edit);
      return edit(store, held, target, options.edit, onLogits === undefined);
    });
    const evaluatedTokens = await evaluatePlan(store, held, target, plan, options, onLogits);
    // Cells that were to be moved may have been lost on the way.
    const movedTokens = Math.max(0, plan.movedTokens - (evaluatedTokens - plan.evaluatedTokens));
    const reusedTokens = target.length - movedTokens - evaluatedTokens;
    return {
      reusedTokens: Math.max(0, reusedTokens - sharedTokens),
      movedTokens,
      sharedTokens: Math.min(reusedTokens, sharedTokens),
      evaluatedTokens,
      promptMs: performance.now() - started,
    };
  } finally {
    endReading();
  }
}

/** Takes over the longest beginning that another sequence or a kept state has. Returns its length, or 0. */
async function inherit(
  store: SequenceStore,
  held: HeldSequence,
  target: readonly Token[],
  mode: EditMode,
): Promise<number> {
  const own = reusableLength(held, target, mode);
  const shared = store.findShared(held, target, own);
  const restored = await store.states.restore(held, target, Math.max(own, shared?.length ?? 0));
  if (restored > 0 || shared === undefined) return restored;
  store.share(shared.from, held, shared.length);
  return shared.length;
}

/** How many leading cells a plan may keep. */
function reusableLength({ ledger }: HeldSequence, target: readonly Token[], mode: EditMode): number {
  return commonPrefixLength(ledger.cells, target, mode === "exact" ? ledger.exactLength : ledger.length);
}

/** Where cells cannot be cut at the change, goes back to the last checkpoint before it, or to nothing. */
function goBackIfNeeded(
  store: SequenceStore,
  held: HeldSequence,
  target: readonly Token[],
  mode: EditMode,
): void {
  const kept = Math.min(reusableLength(held, target, mode), target.length - 1);
  if (kept === held.ledger.length) return;
  if (!store.setup.canCut) held.checkpoints.goBack(store, held, kept);
  else if (!store.holdsWindowBefore(held, kept)) store.remove(held, 0);
}

function edit(
  store: SequenceStore,
  held: HeldSequence,
  target: readonly Token[],
  mode: EditMode,
  logitsKnown: boolean,
): EditPlan {
  const { ledger } = held;
  const canShift =
    store.setup.canShift && (store.setup.slidingWindow === 0 || store.firstPosition(held) <= 0);
  const plan = planEdit({
    held: ledger.cells,
    target,
    mode,
    canShift,
    // One edit at a time has cells waiting; another one meanwhile evaluates again what is behind its insertion.
    canPark: canShift && !store.spareInUse,
    immovableEnd: held.sharedEnd,
    exactLength: ledger.exactLength,
    logitsKnown,
  });
  store.spareInUse ||= parks(plan);
  applyOperations(store, held, plan, target);
  return plan;
}

/** Returns how many tokens were evaluated. */
async function evaluatePlan(
  store: SequenceStore,
  held: HeldSequence,
  target: readonly Token[],
  plan: EditPlan,
  options: EvaluateTargetOptions,
  onLogits: ((rows: LogitRows) => void) | undefined,
): Promise<number> {
  const { scheduler } = store.setup;
  const evaluate = (step: EvaluateStep) => evaluateStep(store, held, target, step, options, onLogits);
  let evaluated = 0;
  let someWait = parks(plan);
  try {
    for (const step of plan.evaluate) {
      await evaluate(step);
      evaluated += step.end - step.start;
      const { unpark: waiting } = step;
      if (waiting === undefined) continue;
      if (await scheduler.exclusive(() => unpark(store, held, waiting, target))) continue;
      someWait = false;
      await evaluate({ start: step.end, end: target.length });
      return evaluated + target.length - step.end;
    }
    return evaluated;
  } finally {
    // After an error cells may still wait; after success none do, and the spare sequence is free for others.
    if (someWait) await scheduler.exclusive(() => dropParked(store)).catch(() => undefined);
  }
}

async function evaluateStep(
  store: SequenceStore,
  held: HeldSequence,
  target: readonly Token[],
  step: EvaluateStep,
  options: EvaluateTargetOptions,
  onLogits: ((rows: LogitRows) => void) | undefined,
): Promise<void> {
  const { canCut, scheduler } = store.setup;
  const { ledger } = held;
  for (const piece of splitForCheckpoints(store, held, splitAtSpans([step], target), target.length)) {
    const last = piece.end === target.length && onLogits !== undefined;
    if (piece.isSpan) await evaluateSpan(store, held, target, piece, options.signal);
    else
      await scheduler.evaluate({
        sequence: held.id,
        tokens: piece.start === 0 && last ? target : target.slice(piece.start, piece.end),
        position: piece.start,
        priority: options.priority ?? 5,
        signal: options.signal,
        outputs: last ? 1 : 0,
        onLogits: last ? onLogits : undefined,
        onLost: canCut ? undefined : () => store.lose(held),
        onProgress: (evaluated) => {
          ledger.append(target, ledger.length, piece.start + evaluated);
          store.progressed(held);
        },
      });
    if (!last && !canCut) await scheduler.exclusive(() => held.checkpoints.take(store, held));
  }
}

function parks({ operations }: EditPlan): boolean {
  return operations.some(({ type }) => type === "park");
}

/**
 * Where edits need checkpoints, a long prompt is read in parts with one behind each, and the last token goes alone: a
 * checkpoint before it serves every other ending.
 */
function splitForCheckpoints(
  store: SequenceStore,
  { checkpoints }: HeldSequence,
  pieces: readonly EvaluatePiece[],
  length: number,
): readonly EvaluatePiece[] {
  if (store.setup.canCut) return pieces;
  return pieces.flatMap((piece) => {
    if (piece.isSpan) return [piece];
    const { isSpan } = piece;
    const end = piece.end === length ? piece.end - 1 : piece.end;
    const parts: EvaluatePiece[] = [];
    for (let start = piece.start; start < end; start += checkpoints.interval)
      parts.push({ start, end: Math.min(end, start + checkpoints.interval), isSpan });
    if (end < piece.end) parts.push({ start: end, end: piece.end, isSpan });
    return parts;
  });
}
