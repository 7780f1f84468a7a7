import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { parseCpuList } from "./usable-cores.ts";

/** Busy and total time since some moment, summed over the cores that this process may use, milliseconds. */
export interface CpuTimes {
  readonly busyMs: number;
  readonly totalMs: number;
}

export interface LoadSources {
  readonly allCores: () => CpuTimes;
  /** CPU time of this process, all threads, milliseconds. */
  readonly ownMs: () => number;
  readonly coreCount: number;
}

/**
 * How many cores other processes left free since the call before, on average; `undefined` when too little time has
 * passed for the clock ticks of the kernel (10 ms each).
 */
export type FreeCores = () => number | undefined;

const windowMsMin = 50;

/** Tells the load of others from this process's own, on every platform that Node knows. A call costs under 1 ms. */
export function createFreeCores(sources: LoadSources = machineSources()): FreeCores {
  let times = sources.allCores();
  let own = sources.ownMs();
  return () => {
    const timesNow = sources.allCores();
    const ownNow = sources.ownMs();
    const wallMs = (timesNow.totalMs - times.totalMs) / sources.coreCount;
    if (!(wallMs >= windowMsMin)) return undefined;
    const othersMs = timesNow.busyMs - times.busyMs - (ownNow - own);
    times = timesNow;
    own = ownNow;
    return Math.min(sources.coreCount, Math.max(0, sources.coreCount - othersMs / wallMs));
  };
}

function machineSources(): LoadSources {
  const allowed = allowedCores();
  const usable = () => {
    const all = cpus();
    const mine = all.filter((_, cpu) => allowed?.has(cpu) ?? true);
    return mine.length > 0 ? mine : all;
  };
  return {
    coreCount: Math.max(1, usable().length),
    ownMs: () => {
      const { user, system } = process.cpuUsage();
      return (user + system) / 1000;
    },
    allCores: () => {
      let busyMs = 0;
      let totalMs = 0;
      for (const { times } of usable()) {
        const busy = times.user + times.nice + times.sys + times.irq;
        busyMs += busy;
        totalMs += busy + times.idle;
      }
      return { busyMs, totalMs };
    },
  };
}

/** Cores of the affinity mask, on Linux. */
function allowedCores(): ReadonlySet<number> | undefined {
  try {
    const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1];
    const cores = list === undefined ? undefined : parseCpuList(list);
    return cores && new Set(cores);
  } catch {
    // Not Linux: every core counts.
    return undefined;
  }
}
