import type { LibrarySide } from "../sides/library.ts";
import type { RawLoop } from "../sides/raw-loop.ts";
import type { ServerProcess, ServerShape } from "../sides/server-process.ts";

/** The sides of the comparison; `peer` runs with its own default of threads, `peer-cores` with the same number as the others. */
const usualSides = ["ours", "peer-cores", "peer", "raw"] as const;
/** Servers in processes of their own, of which only some workloads are about. */
export const serverSides = ["ours-http", "llama-server"] as const;
export const sideNames = [...usualSides, ...serverSides] as const;
export type SideName = (typeof sideNames)[number];
export type ServerSide = (typeof serverSides)[number];

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
  readonly unit: "ms" | "tok/s" | "tokens" | "MB" | "ratio" | "ms/token" | "count" | "KB" | "bytes" | "nats";
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
  /** Default: {@link sidesOf}. */
  readonly sides?: readonly SideName[];
  overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome>;
  /** Absent: a loop without a library has no such thing. */
  overRaw?(open: () => Promise<RawLoop>, settings: Settings): Promise<Outcome>;
  readonly serverShape?: ServerShape;
  /** The clients of a server that has the shape above. */
  overServer?(server: ServerProcess, settings: Settings): Promise<Outcome>;
}

/** The sides of a workload, where the user names none. */
export function sidesOf({ sides = usualSides }: Workload): readonly SideName[] {
  return sides;
}

/** Thrown by a side that has no way to do what a workload asks. */
export class UnsupportedError extends Error {
  override readonly name = "UnsupportedError";
}
