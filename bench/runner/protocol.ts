import type { LibrarySide } from "../sides/library.ts";
import type { RawLoop } from "../sides/raw-loop.ts";

/** The sides of the comparison; `peer` runs with its own default of threads, `peer-cores` with the same number as the others. */
export const sideNames = ["ours", "peer-cores", "peer", "raw"] as const;
export type SideName = (typeof sideNames)[number];

/** What every side of a round gets, word for word. */
export interface Settings {
  readonly modelPath: string;
  /** Usable cores of the machine. */
  readonly cores: number;
  /** Threads of `ours`, `peer-cores` and `raw`: the cores, unless the user says otherwise. */
  readonly threads: number;
  /** A sample stops generating after this long and reports what it has: one side may need hours otherwise. */
  readonly budgetMs: number;
  /** Seeds the texts and the random moments; differs between rounds, equal between the sides of a round. */
  readonly seed: number;
}

export interface MetricInfo {
  readonly unit: "ms" | "tok/s" | "tokens" | "MB" | "ratio" | "ms/token" | "count" | "KB" | "nats";
  /** `none`: a fact to read beside the others, not a score. */
  readonly better: "lower" | "higher" | "none";
  readonly title: string;
}

/** What one side did in one round. */
export interface Outcome {
  readonly metrics: Readonly<Record<string, number>>;
  /** Greedy text, to be compared between the sides. */
  readonly text?: string;
  /** The budget ran out: the figures are of the part that was done. */
  readonly cut?: boolean;
  readonly notes?: readonly string[];
}

/** One line of JSON on a child's standard output. */
export type ChildAnswer =
  | { readonly kind: "outcome"; readonly outcome: Outcome; readonly maxRssMb: number; readonly about: string }
  | { readonly kind: "unsupported"; readonly reason: string }
  | { readonly kind: "failure"; readonly message: string };

export interface Workload {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly metrics: Readonly<Record<string, MetricInfo>>;
  /** Milliseconds; default: the runner's. */
  readonly budgetMs?: number;
  overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome>;
  /** Absent: a loop without a library has no such thing. */
  overRaw?(open: () => Promise<RawLoop>, settings: Settings): Promise<Outcome>;
}

/** Thrown by a side that has no way to do what a workload asks. */
export class UnsupportedError extends Error {
  override readonly name = "UnsupportedError";
}
