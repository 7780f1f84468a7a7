import { assert } from "../../base/errors.ts";
import type { CellOperation, EditPlan, Range } from "../ledger/plan-edit.ts";
import type { HeldSequence, SequenceStore } from "./sequence-store.ts";

/** Carries out the cell operations of a plan. Synchronous; only inside `scheduler.exclusive`. */
export function applyOperations(
  store: SequenceStore,
  held: HeldSequence,
  plan: EditPlan,
  target: readonly number[],
): void {
  for (const operation of plan.operations) applyOperation(store, held, operation);
  held.ledger.become(target, plan.prefixLength, plan.exactLength);
  held.sharedEnd = Math.min(held.sharedEnd, plan.unmovedEnd);
}

function applyOperation(
  { setup, spareId }: SequenceStore,
  { id }: HeldSequence,
  operation: CellOperation,
): void {
  const { functions, memory } = setup;
  assert(memory !== null, "cells of a context without memory were edited");
  const { start, end } = operation;
  switch (operation.type) {
    case "remove":
      functions.llama_memory_seq_rm(memory, id, start, end);
      break;
    case "move":
      // Without this check an unsupported shift would end the process.
      assert(setup.canShift, "cells that cannot shift were moved");
      functions.llama_memory_seq_add(memory, id, start, end, operation.delta);
      setup.scheduler.expectShift();
      break;
    case "park":
      functions.llama_memory_seq_cp(memory, id, spareId, start, end);
      functions.llama_memory_seq_rm(memory, id, start, end);
      break;
  }
}

/**
 * Brings the cells that waited behind an evaluated range back. Only inside `scheduler.exclusive`.
 * @returns false when the window of a layer has passed too many of them: evaluation cannot go on behind them
 */
export function unpark(
  store: SequenceStore,
  held: HeldSequence,
  { start, end }: Range,
  target: readonly number[],
): boolean {
  const { functions, memory, slidingWindow } = store.setup;
  if (slidingWindow > 0) {
    const first = functions.llama_memory_seq_pos_min(memory, store.spareId);
    if (first > Math.max(start, end - slidingWindow)) {
      // Their room is needed: they are evaluated again.
      dropParked(store);
      return false;
    }
    if (first > start) held.gapEnd = first;
  }
  functions.llama_memory_seq_cp(memory, store.spareId, held.id, start, end);
  functions.llama_memory_seq_rm(memory, store.spareId, start, end);
  held.ledger.appendMoved(target, start, end);
  return true;
}

/** Drops whatever still waits: the sequence then holds a valid beginning of its target. Only inside `scheduler.exclusive`. */
export function dropParked(store: SequenceStore): void {
  store.spareInUse = false;
  store.setup.functions.llama_memory_seq_rm(store.setup.memory, store.spareId, -1, -1);
}
