import type { SoakReport } from "./soak.ts";

/** Growth that is noise: pages that the allocator keeps, and the heap between two collections. */
const growthShareMax = 0.05;
const growthMbMax = 24;
/** Sockets that are still closing, and the look at the figures itself. */
const resourcesMore = 8;

/** What is wrong with a server after a soak: a request without a proper answer, memory that grows, what is left open. */
export function soakProblems({ answered, wrong, warm, end, residentMb }: SoakReport): string[] {
  const problems = [...new Set(wrong)].slice(0, 10);
  if (answered === 0) problems.push("nobody was answered");
  const quarter = Math.ceil(residentMb.length / 4);
  const early = mean(residentMb.slice(0, quarter));
  const late = mean(residentMb.slice(-quarter));
  if (late > early * (1 + growthShareMax) + growthMbMax) {
    problems.push(`resident memory grew from ${early.toFixed(0)} to ${late.toFixed(0)} MB`);
  }
  if (end.resources > warm.resources + resourcesMore) {
    problems.push(`${end.resources} things are open, ${warm.resources} were when it was warm`);
  }
  if (end.busy + end.waiting > 0)
    problems.push(`${end.busy} sequences are busy, ${end.waiting} requests wait`);
  return problems;
}

function mean(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0) / values.length;
}
