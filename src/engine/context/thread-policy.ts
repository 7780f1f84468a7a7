import type { ThreadPolicy } from "../scheduler/scheduler.ts";

/** Always the same number of threads. */
export function createThreadPolicy(maxThreads: number, _minThreads: number): ThreadPolicy {
  return { threads: maxThreads, afterDecode: () => maxThreads };
}
