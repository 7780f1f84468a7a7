import type { Serving } from "../serving.ts";
import { generationSignal } from "./generation-signal.ts";
import type { Lease } from "./sequence-pool.ts";

/**
 * Runs `work` on a sequence, with a signal that is aborted by any of `signals`, by the time limit and when the server
 * closes. The wait for the sequence does not count for the time limit.
 * @throws ColloquyError `queue-full`; what `work` throws
 */
export async function withLease<Result>(
  { pool, limits, closing }: Pick<Serving, "pool" | "limits" | "closing">,
  target: () => readonly number[],
  signals: readonly AbortSignal[],
  work: (lease: Lease, signal: AbortSignal) => Promise<Result>,
): Promise<Result> {
  const waiting = generationSignal(limits.queueMs * 2, closing, ...signals);
  const lease = await pool.acquire({ target, signal: waiting.signal }).finally(waiting.release);
  const end = generationSignal(limits.generationMs, closing, ...signals);
  try {
    return await work(lease, end.signal);
  } finally {
    end.release();
    lease.release();
  }
}
