import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** Reads a small text file; `undefined` when there is none. */
export type ReadText = (path: string) => string | undefined;

export interface UsableCoresSources {
  /** What the operating system says; Node's `availableParallelism()` knows the affinity on most systems. */
  readonly parallelism: number;
  readonly read: ReadText;
}

/**
 * How many logical cores this process may keep busy: at most what the operating system offers, its affinity mask
 * allows, and the CPU quota of its control group (v1 or v2, the tightest on the way to the root) pays for. At least 1.
 */
export function usableCores(sources: UsableCoresSources = machineSources()): number {
  const limits = [
    sources.parallelism,
    parseAllowedCores(sources.read("/proc/self/status") ?? ""),
    readCgroupQuota(sources.read),
  ].filter((limit) => limit !== undefined && limit > 0);
  return Math.max(1, Math.floor(Math.min(...(limits as number[]))));
}

function machineSources(): UsableCoresSources {
  return { parallelism: availableParallelism(), read: readText };
}

function readText(path: string): string | undefined {
  try {
    return readFileSync(path, "utf8");
  } catch {
    // Not Linux, or not allowed to look: the other sources decide.
    return undefined;
  }
}

/** Cores in the affinity mask, from the text of `/proc/self/status`. */
export function parseAllowedCores(status: string): number | undefined {
  const list = /^Cpus_allowed_list:\s*(\S+)/m.exec(status)?.[1];
  return list === undefined ? undefined : parseCpuList(list)?.length;
}

/** The numbers in a kernel CPU list such as `0-3,8`; `undefined` when the text is not one. */
export function parseCpuList(list: string): number[] | undefined {
  const cpus: number[] = [];
  for (const part of list.trim().split(",")) {
    const [, first, last] = /^(\d+)(?:-(\d+))?$/.exec(part) ?? [];
    if (first === undefined) return undefined;
    for (let cpu = Number(first); cpu <= Number(last ?? first); cpu++) cpus.push(cpu);
  }
  return cpus;
}

/** The tightest CPU quota above this process, cores; `undefined` when there is none. */
export function readCgroupQuota(read: ReadText): number | undefined {
  const groups = parseCgroups(read("/proc/self/cgroup") ?? "");
  const quotas: number[] = [];
  for (const path of groups.unified === undefined ? [] : withAncestors(groups.unified)) {
    const quota = parseCpuMax(read(`/sys/fs/cgroup${path}/cpu.max`) ?? "");
    if (quota !== undefined) quotas.push(quota);
  }
  for (const path of groups.cpu === undefined ? [] : withAncestors(groups.cpu))
    for (const mount of ["/sys/fs/cgroup/cpu", "/sys/fs/cgroup/cpu,cpuacct"]) {
      const quota = parseCfsQuota(
        read(`${mount}${path}/cpu.cfs_quota_us`) ?? "",
        read(`${mount}${path}/cpu.cfs_period_us`) ?? "",
      );
      if (quota !== undefined) quotas.push(quota);
    }
  return quotas.length === 0 ? undefined : Math.min(...quotas);
}

/** The paths of the unified (v2) and of the cpu (v1) group, from the text of `/proc/self/cgroup`. */
export function parseCgroups(text: string): { unified?: string; cpu?: string } {
  const groups: { unified?: string; cpu?: string } = {};
  for (const line of text.split("\n")) {
    const [, controllers, path] = /^\d+:([^:]*):(\/.*)$/.exec(line) ?? [];
    if (controllers === undefined || path === undefined) continue;
    if (controllers === "") groups.unified = path;
    else if (controllers.split(",").includes("cpu")) groups.cpu = path;
  }
  return groups;
}

/** `cpu.max` of cgroup v2: quota and period in microseconds, or `max`. */
export function parseCpuMax(text: string): number | undefined {
  const [, quota, period] = /^(\d+)\s+(\d+)/.exec(text.trim()) ?? [];
  return quota === undefined || Number(period) === 0 ? undefined : Number(quota) / Number(period);
}

/** The quota of cgroup v1; -1 means none. */
export function parseCfsQuota(quotaUs: string, periodUs: string): number | undefined {
  const quota = Number.parseInt(quotaUs, 10);
  const period = Number.parseInt(periodUs, 10);
  return quota > 0 && period > 0 ? quota / period : undefined;
}

/** `/a/b` → `/a/b`, `/a`, and the root as the empty string. Inside of a container only the root may exist. */
function withAncestors(path: string): string[] {
  const parts = path.split("/").filter((part) => part !== "");
  return Array.from({ length: parts.length + 1 }, (_, i) =>
    parts
      .slice(0, parts.length - i)
      .map((part) => `/${part}`)
      .join(""),
  );
}
