import type { EditMode, EvaluateTargetOptions, EvaluationReport } from "../context-sequence.ts";
import { type EditPlan, planEdit } from "../ledger/plan-edit.ts";
import type { Token } from "../token.ts";
import { applyOperations, dropParked, unpark } from "./apply-plan.ts";
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
  onLogits: ((logits: Float32Array) => void) | undefined,
): Promise<EvaluationReport> {
  const started = performance.now();
  const { scheduler } = store.setup;
  await store.waitForReader(held, target, options.signal);
  const release =
    options.edit === "shift" && store.setup.canShift ? await store.spareLock.acquire() : () => {};
  const endReading = store.beginReading(held, target);
  try {
    let sharedTokens = 0;
    const plan = await scheduler.exclusive(() => {
      const shared = store.findShared(held, target);
      if (shared !== undefined) {
        store.share(shared.from, held, shared.length);
        sharedTokens = shared.length;
      }
      return edit(store, held, target, options.edit, onLogits === undefined);
    });
    await evaluatePlan(store, held, target, plan, options, onLogits);
    return {
      reusedTokens: plan.reusedTokens - sharedTokens,
      movedTokens: plan.movedTokens,
      sharedTokens,
      evaluatedTokens: plan.evaluatedTokens,
      promptMs: performance.now() - started,
    };
  } finally {
    endReading();
    release();
  }
}

function edit(
  store: SequenceStore,
  held: HeldSequence,
  target: readonly Token[],
  mode: EditMode,
  logitsKnown: boolean,
): EditPlan {
  const { canShift } = store.setup;
  const { ledger } = held;
  const plan = planEdit({
    held: ledger.cells,
    target,
    mode,
    canShift,
    canPark: canShift,
    immovableEnd: held.sharedEnd,
    exactLength: ledger.exactLength,
    logitsKnown,
  });
  applyOperations(store, held, plan, target);
  return plan;
}

async function evaluatePlan(
  store: SequenceStore,
  held: HeldSequence,
  target: readonly Token[],
  plan: EditPlan,
  options: EvaluateTargetOptions,
  onLogits: ((logits: Float32Array) => void) | undefined,
): Promise<void> {
  const { scheduler } = store.setup;
  const { ledger } = held;
  const parked = plan.operations.some(({ type }) => type === "park");
  try {
    for (const step of plan.evaluate) {
      const last = step.end === target.length && onLogits !== undefined;
      await scheduler.evaluate({
        sequence: held.id,
        tokens: step.start === 0 && last ? target : target.slice(step.start, step.end),
        position: step.start,
        priority: options.priority ?? 5,
        signal: options.signal,
        outputs: last ? 1 : 0,
        onLogits: last ? (row) => onLogits(row(0)) : undefined,
        onProgress: (evaluated) => {
          ledger.append(target, ledger.length, step.start + evaluated);
          store.progressed(held);
        },
      });
      if (step.unpark !== undefined) await scheduler.exclusive(() => unpark(store, held, step, target));
    }
  } catch (error) {
    if (parked) await scheduler.exclusive(() => dropParked(store)).catch(() => undefined);
    throw error;
  }
}
