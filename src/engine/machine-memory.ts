import { readFileSync } from "node:fs";
import os from "node:os";

/** Memory of this machine, bytes. */
export interface RamState {
  readonly total: number;
  /** What a program can still get: free pages and what the system would give back. */
  readonly free: number;
}

/** Pure: the figures of a `/proc/meminfo` text, bytes. */
export function parseMeminfo(text: string): Readonly<Record<string, number>> {
  const fields: Record<string, number> = {};
  for (const [, name, kib] of text.matchAll(/^(\w+(?:\(\w+\))?):\s+(\d+) kB$/gm))
    fields[name!] = Number(kib) * 1024;
  return fields;
}

function meminfo(): Readonly<Record<string, number>> {
  try {
    return parseMeminfo(readFileSync("/proc/meminfo", "utf8"));
  } catch {
    return {};
  }
}

/** The limit of this process's control group, bytes; Infinity without one. */
function cgroupLimit(): { limit: number; used: number } {
  const read = (file: string) => {
    try {
      return readFileSync(file, "utf8").trim();
    } catch {
      return undefined;
    }
  };
  const limit = read("/sys/fs/cgroup/memory.max") ?? read("/sys/fs/cgroup/memory/memory.limit_in_bytes");
  const used = read("/sys/fs/cgroup/memory.current") ?? read("/sys/fs/cgroup/memory/memory.usage_in_bytes");
  const bytes = Number(limit);
  // Version 1 says "no limit" with a number near 2^63.
  return {
    limit: Number.isFinite(bytes) && bytes > 0 && bytes < 2 ** 60 ? bytes : Number.POSITIVE_INFINITY,
    used: Number(used) || 0,
  };
}

export function ramState(): RamState {
  const fields = meminfo();
  const { limit, used } = cgroupLimit();
  const total = Math.min(os.totalmem(), limit);
  const free = Math.min(fields.MemAvailable ?? os.freemem(), Math.max(0, limit - used));
  return { total, free };
}

export function swapState(): { total: number; free: number } {
  const fields = meminfo();
  return { total: fields.SwapTotal ?? 0, free: fields.SwapFree ?? 0 };
}
