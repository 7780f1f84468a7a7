import { createHash } from "node:crypto";
import { createReadStream, readFileSync, statSync } from "node:fs";
import { availableParallelism, cpus, loadavg, release, totalmem } from "node:os";
import { basename } from "node:path";

/** Linux counts processor time in hundredths of a second whatever the kernel's own tick is. */
const ticksPerSecond = 100;

export interface MachineFacts {
  readonly processor: string;
  readonly cores: number;
  readonly memoryGb: number;
  readonly system: string;
  readonly node: string;
}

export interface ModelFacts {
  readonly file: string;
  readonly bytes: number;
  readonly sha256: string;
}

export function describeMachine(): MachineFacts {
  return {
    processor: cpus()[0]?.model.trim() ?? "unknown",
    cores: availableParallelism(),
    memoryGb: Math.round(totalmem() / 2 ** 30),
    system: `${process.platform} ${process.arch} ${release()}`,
    node: process.version,
  };
}

/** Reads the whole file: its sum goes into the report, and its pages are in the file cache afterwards. */
export async function describeModel(path: string): Promise<ModelFacts> {
  const hash = createHash("sha256");
  for await (const part of createReadStream(path, { highWaterMark: 1 << 22 })) hash.update(part as Buffer);
  return { file: basename(path), bytes: statSync(path).size, sha256: hash.digest("hex") };
}

export function loadAverage(): number {
  return loadavg()[0] ?? 0;
}

/** Processor seconds; the difference of two readings is what a round used. */
export interface CpuReading {
  readonly atMs: number;
  /** Of all processes, and what the host took away. */
  readonly machineSeconds: number;
  /** Of this process and of its ended children, and of theirs. */
  readonly ownSeconds: number;
}

function sum(values: readonly string[]): number {
  return values.reduce((total, value) => total + Number(value), 0);
}

/** Undefined where the system does not say: there a round cannot be judged. */
export function readCpu(): CpuReading | undefined {
  if (process.platform !== "linux") return undefined;
  // user nice system idle iowait irq softirq steal
  const machine = readFileSync("/proc/stat", "utf8").split("\n", 1)[0]!.trim().split(/\s+/).slice(1, 9);
  const busy = sum(machine.filter((_, at) => at !== 3 && at !== 4));
  // The program's name, in parentheses, may hold spaces; utime, stime, cutime and cstime are fields 14 to 17.
  const own = readFileSync("/proc/self/stat", "utf8")
    .replace(/^.*\) /s, "")
    .split(" ")
    .slice(11, 15);
  return {
    atMs: performance.now(),
    machineSeconds: busy / ticksPerSecond,
    ownSeconds: sum(own) / ticksPerSecond,
  };
}

export interface CpuUse {
  readonly wallSeconds: number;
  readonly ownSeconds: number;
  /** Processor time of everybody else, undefined where it cannot be told. */
  readonly foreignSeconds: number | undefined;
}

export function cpuUseBetween(
  before: CpuReading | undefined,
  after: CpuReading | undefined,
): CpuUse | undefined {
  if (before == null || after == null) return undefined;
  const ownSeconds = after.ownSeconds - before.ownSeconds;
  return {
    wallSeconds: (after.atMs - before.atMs) / 1000,
    ownSeconds,
    foreignSeconds: Math.max(0, after.machineSeconds - before.machineSeconds - ownSeconds),
  };
}

/** A sample is void when others used more than a twentieth of one core; less than 0.1 s is the system's own noise. */
export function isDisturbed(use: CpuUse | undefined): boolean {
  if (use?.foreignSeconds == null) return false;
  return use.foreignSeconds > Math.max(0.1, use.wallSeconds * 0.05);
}

/** Part of one core that other processes use at this moment, looked at for a while; 0 where it cannot be told. */
export async function foreignShare(lookMs: number): Promise<number> {
  const before = readCpu();
  await new Promise((resolve) => setTimeout(resolve, lookMs));
  const use = cpuUseBetween(before, readCpu());
  return use?.foreignSeconds == null ? 0 : use.foreignSeconds / use.wallSeconds;
}
