import { createHash } from "node:crypto";
import type { MetricInfo, Outcome, SideName, Workload } from "./protocol.ts";
import type { Round } from "./rounds.ts";
import { median } from "./statistics.ts";

export interface MetricSummary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
  readonly values: readonly number[];
}

export interface SideSummary {
  readonly about: string;
  readonly samples: number;
  readonly metrics: Readonly<Record<string, MetricSummary>>;
  readonly rssPeakMb: number;
  /** The budget ran out in at least one sample. */
  readonly cut: boolean;
  /** First twelve digits of the SHA-256 of each different greedy text. */
  readonly texts: readonly string[];
  readonly notes: readonly string[];
}

/** `a` divided by `b`: the median over the rounds that have both. */
export interface Ratio {
  readonly a: SideName;
  readonly b: SideName;
  readonly values: Readonly<Record<string, number>>;
}

export interface WorkloadSummary {
  readonly id: string;
  readonly title: string;
  readonly description: string;
  readonly metrics: Readonly<Record<string, MetricInfo>>;
  readonly sides: Partial<Record<SideName, SideSummary>>;
  readonly problems: Partial<Record<SideName, string>>;
  readonly ratios: readonly Ratio[];
  readonly rounds: readonly Round[];
  readonly roundsCounted: number;
  readonly roundsVoid: number;
}

const ratioPairs: readonly (readonly [SideName, SideName])[] = [
  ["ours", "peer-cores"],
  ["ours", "peer"],
  ["ours", "raw"],
  ["peer-cores", "raw"],
  ["ours-http", "ours"],
  ["ours-http", "llama-server"],
];

function outcomeOf(round: Round, side: SideName): Outcome | undefined {
  const answer = round.samples[side]?.answer;
  return answer?.kind === "outcome" ? answer.outcome : undefined;
}

function summarizeMetric(values: readonly number[]): MetricSummary {
  return { median: median(values), min: Math.min(...values), max: Math.max(...values), values };
}

function summarizeSide(rounds: readonly Round[], side: SideName): SideSummary | undefined {
  const outcomes = rounds.map((round) => outcomeOf(round, side)).filter((outcome) => outcome != null);
  const answers = rounds
    .map((round) => round.samples[side]?.answer)
    .filter((answer) => answer?.kind === "outcome");
  if (outcomes.length === 0) return undefined;
  const names = [...new Set(outcomes.flatMap((outcome) => Object.keys(outcome.metrics)))];
  const valuesOf = (name: string) =>
    outcomes
      .map((outcome) => outcome.metrics[name])
      .filter((value) => value != null && Number.isFinite(value));
  const texts = outcomes.map((outcome) => outcome.text).filter((text) => text != null);
  return {
    about: answers[0]!.about,
    samples: outcomes.length,
    metrics: Object.fromEntries(
      names
        .map((name) => [name, valuesOf(name) as number[]] as const)
        .filter(([, values]) => values.length > 0)
        .map(([name, values]) => [name, summarizeMetric(values)]),
    ),
    rssPeakMb: median(answers.map((answer) => answer.maxRssMb)),
    cut: outcomes.some((outcome) => outcome.cut === true),
    texts: [...new Set(texts.map((text) => createHash("sha256").update(text).digest("hex").slice(0, 12)))],
    notes: [...new Set(outcomes.flatMap((outcome) => outcome.notes ?? []))],
  };
}

function problemOf(rounds: readonly Round[], side: SideName): string | undefined {
  for (const round of rounds) {
    const answer = round.samples[side]?.answer;
    if (answer?.kind === "unsupported") return answer.reason;
    if (answer?.kind === "failure") return `failed: ${answer.message}`;
  }
  return undefined;
}

/** Whether a metric of a sample stands for itself: sums of a part are not to be compared with sums of the whole. */
function isComparable(outcome: Outcome | undefined, info: MetricInfo): boolean {
  return outcome != null && !(outcome.cut && (info.unit === "tokens" || info.unit === "count"));
}

function ratioOf(rounds: readonly Round[], a: SideName, b: SideName, metrics: Workload["metrics"]): Ratio {
  const values: Record<string, number> = {};
  for (const [name, info] of Object.entries(metrics)) {
    const quotients = rounds
      .filter((round) => [a, b].every((side) => isComparable(outcomeOf(round, side), info)))
      .map(
        (round) =>
          (outcomeOf(round, a)?.metrics[name] ?? Number.NaN) / (outcomeOf(round, b)?.metrics[name] ?? 0),
      )
      .filter((quotient) => Number.isFinite(quotient));
    if (quotients.length > 0) values[name] = median(quotients);
  }
  return { a, b, values };
}

function defined<T>(entries: readonly (readonly [SideName, T | undefined])[]): Partial<Record<SideName, T>> {
  return Object.fromEntries(entries.filter(([, value]) => value != null)) as Partial<Record<SideName, T>>;
}

/** What the rounds of a workload say; void rounds count only when they are asked for. */
export function summarize(
  workload: Workload,
  sides: readonly SideName[],
  rounds: readonly Round[],
  keepDisturbed: boolean,
): WorkloadSummary {
  const counted = rounds.filter((round) => keepDisturbed || !round.void);
  return {
    id: workload.id,
    title: workload.title,
    description: workload.description,
    metrics: workload.metrics,
    sides: defined(sides.map((side) => [side, summarizeSide(counted, side)] as const)),
    problems: defined(sides.map((side) => [side, problemOf(rounds, side)] as const)),
    ratios: ratioPairs
      .filter(([a, b]) => sides.includes(a) && sides.includes(b))
      .map(([a, b]) => ratioOf(counted, a, b, workload.metrics)),
    rounds,
    roundsCounted: counted.length,
    roundsVoid: rounds.filter((round) => round.void).length,
  };
}
