import type { EditMode, EvaluateTargetOptions, EvaluationReport } from "../context-sequence.ts";
import { commonPrefixLength } from "../ledger/longest-prefix.ts";
import { type EditPlan, planEdit } from "../ledger/plan-edit.ts";
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
      goBackIfNeeded(store, held, target);
      return edit(store, held, target, options.edit, onLogits === undefined);
    });
    await evaluatePlan(store, held, target, plan, options, onLogits);
    return {
      reusedTokens: Math.max(0, plan.reusedTokens - sharedTokens),
      movedTokens: plan.movedTokens,
      sharedTokens: Math.min(plan.reusedTokens, sharedTokens),
      evaluatedTokens: plan.evaluatedTokens,
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
  const reusable = mode === "exact" ? held.ledger.exactLength : held.ledger.length;
  const own = commonPrefixLength(held.ledger.cells, target, reusable);
  const shared = store.findShared(held, target, own);
  const restored = await store.states.restore(held, target, Math.max(own, shared?.length ?? 0));
  if (restored > 0 || shared === undefined) return restored;
  store.share(shared.from, held, shared.length);
  return shared.length;
}

/** Where cells cannot be cut at the change, goes back to the last checkpoint before it, or to nothing. */
function goBackIfNeeded(store: SequenceStore, held: HeldSequence, target: readonly Token[]): void {
  const common = Math.min(commonPrefixLength(held.ledger.cells, target), target.length - 1);
  if (common === held.ledger.length) return;
  if (!store.setup.canCut) held.checkpoints.goBack(store, held, common);
  else if (!store.holdsWindowBefore(held, common)) store.remove(held, 0);
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

async function evaluatePlan(
  store: SequenceStore,
  held: HeldSequence,
  target: readonly Token[],
  plan: EditPlan,
  options: EvaluateTargetOptions,
  onLogits: ((rows: LogitRows) => void) | undefined,
): Promise<void> {
  const { scheduler } = store.setup;
  const { ledger } = held;
  try {
    for (const step of splitForCheckpoints(store, held, splitAtSpans(plan.evaluate, target))) {
      const last = step.end === target.length && onLogits !== undefined;
      if (step.isSpan) await evaluateSpan(store, held, target, step, options.signal);
      else
        await scheduler.evaluate({
          sequence: held.id,
          tokens: step.start === 0 && last ? target : target.slice(step.start, step.end),
          position: step.start,
          priority: options.priority ?? 5,
          signal: options.signal,
          outputs: last ? 1 : 0,
          onLogits: last ? onLogits : undefined,
          onLost: store.setup.canCut ? undefined : () => store.lose(held),
          onProgress: (evaluated) => {
            ledger.append(target, ledger.length, step.start + evaluated);
            store.progressed(held);
          },
        });
      if (!last && !store.setup.canCut) await scheduler.exclusive(() => held.checkpoints.take(store, held));
      if (step.unpark !== undefined) await scheduler.exclusive(() => unpark(store, held, step, target));
    }
  } finally {
    // After an error cells may still wait; after success none do.
    if (parks(plan)) await scheduler.exclusive(() => dropParked(store)).catch(() => undefined);
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
): readonly EvaluatePiece[] {
  if (store.setup.canCut) return pieces;
  return pieces.flatMap((piece, index) => {
    if (piece.isSpan) return [piece];
    const { isSpan } = piece;
    const end = index === pieces.length - 1 ? piece.end - 1 : piece.end;
    const parts: EvaluatePiece[] = [];
    for (let start = piece.start; start < end; start += checkpoints.interval)
      parts.push({ start, end: Math.min(end, start + checkpoints.interval), isSpan });
    if (end < piece.end) parts.push({ start: end, end: piece.end, isSpan });
    return parts;
  });
}
