import { describe, expect, it } from "vitest";
import {
  parseAllowedCores,
  parseCfsQuota,
  parseCgroups,
  parseCpuList,
  parseCpuMax,
  usableCores,
} from "./usable-cores.ts";

const status = (list: string) =>
  `Name:\tnode\nThreads:\t11\nCpus_allowed:\tff\nCpus_allowed_list:\t${list}\nMems_allowed_list:\t0\n`;

const reader = (files: Record<string, string>) => (path: string) => files[path];

describe("usable cores", () => {
  it("reads CPU lists", () => {
    expect(parseCpuList("0-1")).toEqual([0, 1]);
    expect(parseCpuList("0,2-4,9\n")).toEqual([0, 2, 3, 4, 9]);
    expect(parseCpuList("")).toBeUndefined();
    expect(parseCpuList("a-b")).toBeUndefined();
    expect(parseAllowedCores(status("0-3,8"))).toBe(5);
    expect(parseAllowedCores("Name:\tnode\n")).toBeUndefined();
  });

  it("reads quotas of both versions", () => {
    expect(parseCpuMax("200000 100000\n")).toBe(2);
    expect(parseCpuMax("max 100000\n")).toBeUndefined();
    expect(parseCpuMax("")).toBeUndefined();
    expect(parseCfsQuota("150000\n", "100000\n")).toBe(1.5);
    expect(parseCfsQuota("-1\n", "100000\n")).toBeUndefined();
    expect(parseCfsQuota("", "")).toBeUndefined();
  });

  it("finds the groups of a process", () => {
    expect(parseCgroups("0::/user.slice/app.scope\n")).toEqual({ unified: "/user.slice/app.scope" });
    expect(parseCgroups("4:memory:/m\n2:cpuacct,cpu:/docker/abc\n1:name=systemd:/\n0::/\n")).toEqual({
      unified: "/",
      cpu: "/docker/abc",
    });
  });

  it("takes the tightest of all limits", () => {
    const files = {
      "/proc/self/status": status("0-7"),
      "/proc/self/cgroup": "0::/a/b\n",
      "/sys/fs/cgroup/a/cpu.max": "350000 100000\n",
      "/sys/fs/cgroup/a/b/cpu.max": "max 100000\n",
    };
    expect(usableCores({ parallelism: 16, read: reader(files) })).toBe(3);
    expect(usableCores({ parallelism: 2, read: reader(files) })).toBe(2);
    expect(usableCores({ parallelism: 16, read: reader({ "/proc/self/status": status("0-7") }) })).toBe(8);
    expect(usableCores({ parallelism: 16, read: reader({}) })).toBe(16);
  });

  it("reads version 1 below either mount point, and never says none", () => {
    const files = {
      "/proc/self/cgroup": "3:cpu,cpuacct:/docker/abc\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_quota_us": "50000\n",
      "/sys/fs/cgroup/cpu,cpuacct/cpu.cfs_period_us": "100000\n",
    };
    expect(usableCores({ parallelism: 8, read: reader(files) })).toBe(1);
  });

  it("knows this machine", () => {
    expect(usableCores()).toBeGreaterThanOrEqual(1);
    expect(Number.isInteger(usableCores())).toBe(true);
  });
});
