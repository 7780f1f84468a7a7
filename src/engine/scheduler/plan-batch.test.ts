import { expect, test } from "vitest";
import { seededRandom } from "../../../test/fake/seeded-random.ts";
import { type PendingJob, planBatch, stepTokensMax } from "./plan-batch.ts";

const limitsOf = (batchSize: number, chunk: number) => ({
  batchSize,
  promptRoom: (stepTokens: number) => (stepTokens > 0 ? chunk : batchSize),
});
const limits = limitsOf(512, 64);
let arrivals = 0;
const job = (remaining: number, priority = 5, outputs = 1): PendingJob => ({
  remaining,
  outputs,
  priority,
  arrival: arrivals++,
});
const counts = (jobs: readonly PendingJob[], of = limits) =>
  planBatch(jobs, of).map(({ job: planned, count }) => [jobs.indexOf(planned), count]);

test("nothing to do is an empty batch", () => {
  expect(planBatch([], limits)).toEqual([]);
});

test("a prompt alone fills the batch", () => {
  expect(counts([job(2000)])).toEqual([[0, 512]]);
});

test("a prompt keeps to a chunk while somebody streams", () => {
  expect(counts([job(2000), job(1)])).toEqual([
    [1, 1],
    [0, 64],
  ]);
});

test("prompts fill a batch by arrival; while a reply streams they share a chunk", () => {
  const late = job(400);
  const early = { ...job(400), arrival: -1 };
  expect(counts([late, early])).toEqual([
    [1, 400],
    [0, 112],
  ]);
  const step = { ...job(1), arrival: -2 };
  expect(counts([{ ...late, remaining: 40 }, { ...early, remaining: 40 }, step])).toEqual([
    [2, 1],
    [1, 40],
    [0, 24],
  ]);
});

test("a higher priority's prompt goes first and lower ones wait for it", () => {
  expect(counts([job(30, 1), job(30, 5)])).toEqual([[1, 30]]);
});

test("steps of every priority travel together", () => {
  expect(counts([job(1, 1), job(8, 5), job(3, 2)])).toEqual([
    [1, 8],
    [2, 3],
    [0, 1],
  ]);
});

test("tokens whose logits are read stay in one batch", () => {
  expect(counts([job(67, 5, 8), job(1)])).toEqual([
    [1, 1],
    [0, 59],
  ]);
  expect(counts([job(9, 5, 8)], limitsOf(8, 8))).toEqual([[0, 1]]);
});

test("a batch smaller than a step still makes progress", () => {
  expect(counts([job(6)], limitsOf(4, 4))).toEqual([[0, 4]]);
});

test("any jobs at all: within the batch, never more than is left, somebody always goes", () => {
  const random = seededRandom(7);
  const below = (end: number) => Math.floor(random() * end);
  for (let round = 0; round < 2000; round++) {
    const batchSize = stepTokensMax + below(100);
    const of = limitsOf(batchSize, 1 + below(batchSize));
    const jobs = Array.from({ length: 1 + below(20) }, () => {
      const remaining = 1 + below(below(2) === 0 ? 12 : 300);
      return job(remaining, 1 + below(5), Math.min(remaining, below(stepTokensMax + 1)));
    });
    const shares = planBatch(jobs, of);
    expect(shares.length).toBeGreaterThan(0);
    expect(new Set(shares.map((share) => share.job)).size).toBe(shares.length);
    expect(shares.reduce((sum, { count }) => sum + count, 0)).toBeLessThanOrEqual(batchSize);
    for (const { job: planned, count } of shares) {
      expect(count).toBeGreaterThan(0);
      const left = planned.remaining - count;
      expect(left === 0 || left >= planned.outputs).toBe(true);
    }
  }
});
