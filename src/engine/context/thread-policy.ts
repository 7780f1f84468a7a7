import type { ThreadPolicy } from "../scheduler/scheduler.ts";
import { createFreeCores } from "../threads/free-cores.ts";
import { ThreadGovernor } from "../threads/governor.ts";

/** The governor on this machine's clock and load. */
export function createThreadPolicy(maxThreads: number, minThreads: number): ThreadPolicy {
  const governor = new ThreadGovernor({
    maxThreads,
    minThreads: Math.min(minThreads, maxThreads),
    now: () => performance.now(),
    freeCores: createFreeCores(),
  });
  return {
    get threads() {
      return governor.threads;
    },
    afterDecode: (step) => governor.report(step),
  };
}
