import { ColloquyError } from "../../base/errors.ts";
import type { HeldSequence, SequenceStore } from "../context/sequence-store.ts";
import type { Range } from "../ledger/plan-edit.ts";
import { EvaluationAborted, type SchedulerStats } from "../scheduler/scheduler.ts";

/**
 * Evaluates a run of one negative id: the same span once, or several times in a row.
 * Others decode while a span is prepared. Whatever happens, the ledger says what the cells hold.
 * @throws EvaluationAborted; what the span itself throws
 */
export async function evaluateSpan(
  store: SequenceStore,
  held: HeldSequence,
  target: ArrayLike<number>,
  { start, end }: Range,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { setup } = store;
  const id = target[start]!;
  for (let at = start; at < end; ) {
    const span = setup.spans.span(id);
    if (span === undefined || at + span.length > end)
      throw new ColloquyError("internal", "Internal error: a part of a span was to be evaluated");
    const prepared = await span.prepare(signal).catch((error: unknown) => {
      throw signal?.aborted ? new EvaluationAborted(signal) : error;
    });
    await setup.scheduler.exclusive(async () => {
      if (signal?.aborted) throw new EvaluationAborted(signal);
      try {
        setup.allowDecoding();
        const { context, batchSize } = setup;
        const started = performance.now();
        await prepared.evaluate({ context, sequence: held.id, position: at, batchSize, signal });
        held.ledger.append(target, at, at + span.length);
        count(setup.scheduler.stats, span.length, batchSize, performance.now() - started);
      } catch (error) {
        // A part of the cells may be there.
        if (setup.canCut) store.remove(held, at);
        else store.lose(held);
        throw signal?.aborted ? new EvaluationAborted(signal) : error;
      }
    });
    at += span.length;
    store.progressed(held);
  }
}

/** The cells of a span go through decodes as tokens do. */
function count(stats: SchedulerStats, cells: number, batchSize: number, ms: number): void {
  stats.decodes += Math.ceil(cells / batchSize);
  stats.tokens += cells;
  stats.decodeMs += ms;
  stats.batchTokensMax = Math.max(stats.batchTokensMax, Math.min(cells, batchSize));
}

/** The first place where a token list holds a negative id that is no whole span; -1 when there is none. */
export function findBrokenSpan(
  target: ArrayLike<number>,
  lengthOf: (id: number) => number | undefined,
): number {
  for (let at = 0; at < target.length; ) {
    const id = target[at]!;
    let end = at + 1;
    if (id < 0) {
      while (end < target.length && target[end] === id) end++;
      const length = lengthOf(id);
      if (length === undefined || (end - at) % length !== 0) return at;
    }
    at = end;
  }
  return -1;
}
