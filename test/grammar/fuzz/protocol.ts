import type { FRONTS } from "./fronts.ts";

export type FrontName = keyof typeof FRONTS;

/** What a worker begins with: its only argument, as JSON. */
export interface WorkerTask {
  readonly seed: number;
  readonly fronts: readonly FrontName[];
  /** The first input; the fronts take turns. */
  readonly from: number;
  /** One past the last input; without one there is no last. */
  readonly to?: number;
  /** Where the input at work is written before it is tried, see {@link InputLog}. */
  readonly inputFile: string;
}

/** Sums over the inputs of one front. */
export interface Tally {
  inputs: number;
  walks: number;
  masks: number;
  twins: number;
  texts: number;
  samples: number;
  /** By code of the error: inputs refused, walks ended. */
  refused: Record<string, number>;
  stopped: Record<string, number>;
  slowestMs: number;
  slowest: string;
}

/** What a worker says. */
export type WorkerMessage =
  | { readonly kind: "tally"; readonly tallies: Readonly<Record<string, Tally>> }
  | { readonly kind: "finding"; readonly id: string; readonly message: string; readonly input: string }
  | { readonly kind: "done" };

export function emptyTally(): Tally {
  return {
    inputs: 0,
    walks: 0,
    masks: 0,
    twins: 0,
    texts: 0,
    samples: 0,
    refused: {},
    stopped: {},
    slowestMs: 0,
    slowest: "",
  };
}

/** Adds one tally to another. */
export function addTally(sum: Tally, other: Tally): void {
  for (const key of ["inputs", "walks", "masks", "twins", "texts", "samples"] as const)
    sum[key] += other[key];
  for (const key of ["refused", "stopped"] as const)
    for (const [code, count] of Object.entries(other[key])) sum[key][code] = (sum[key][code] ?? 0) + count;
  if (other.slowestMs <= sum.slowestMs) return;
  sum.slowestMs = other.slowestMs;
  sum.slowest = other.slowest;
}
