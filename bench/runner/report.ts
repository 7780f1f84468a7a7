import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { resultsFolder } from "./folders.ts";
import type { MachineFacts, ModelFacts } from "./machine.ts";
import { type MetricInfo, type SideName, sideNames } from "./protocol.ts";
import type { Ratio, SideSummary, WorkloadSummary } from "./summary.ts";

export interface Report {
  readonly date: string;
  readonly command: string;
  readonly machine: MachineFacts;
  /** Of every side but `peer`. */
  readonly threads: number;
  readonly model: ModelFacts;
  /** SHA-256 of libllama: every side loads this file. */
  readonly nativeSha256: string;
  readonly commit: string;
  /** Why the figures are not to be quoted; empty when they are. */
  readonly reservations: readonly string[];
  readonly workloads: WorkloadSummary[];
}

function figure(value: number | undefined): string {
  if (value == null || !Number.isFinite(value)) return "–";
  const size = Math.abs(value);
  if (Number.isInteger(value) && size < 1e6) return String(value);
  return value.toFixed(size >= 100 ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3);
}

function cell(side: SideSummary | undefined, name: string, info: MetricInfo): string {
  const metric = side?.metrics[name];
  if (metric == null) return "–";
  const best = info.better === "higher" ? metric.max : metric.min;
  return metric.values.length < 2 ? figure(metric.median) : `${figure(metric.median)} (${figure(best)})`;
}

function ratioCell(ratio: Ratio, name: string): string {
  const value = ratio.values[name];
  return value == null ? "–" : `${value.toFixed(value >= 10 ? 1 : value >= 0.1 ? 2 : 4)}`;
}

function row(cells: readonly string[]): string {
  return `| ${cells.join(" | ")} |`;
}

function metricRows(
  workload: WorkloadSummary,
  sides: readonly SideName[],
  ratios: readonly Ratio[],
): string[] {
  return Object.entries(workload.metrics)
    .filter(([name]) => sides.some((side) => workload.sides[side]?.metrics[name] != null))
    .map(([name, info]) =>
      row([
        info.title,
        info.unit,
        ...sides.map((side) => cell(workload.sides[side], name, info)),
        ...ratios.map((ratio) => (info.better === "none" ? "" : ratioCell(ratio, name))),
      ]),
    );
}

function sideLine(name: SideName, side: SideSummary | undefined): string[] {
  if (side == null) return [];
  const cut = side.cut ? "; out of budget: figures of the part that was done" : "";
  const texts = side.texts.length > 0 ? `; text ${side.texts.join(", ")}` : "";
  const notes = side.notes.map((note) => `; ${note}`).join("");
  return [
    `- ${name}: ${side.about}, ${side.samples} samples, peak ${figure(side.rssPeakMb)} MB${cut}${texts}${notes}`,
  ];
}

/** Load and foreign processor time of every sample: the reader judges the quiet. */
function roundLines(workload: WorkloadSummary): string[] {
  return workload.rounds.map((round) => {
    const samples = Object.entries(round.samples).map(([side, sample]) => {
      const foreign = sample.cpu?.foreignSeconds;
      const wall = sample.cpu?.wallSeconds;
      return `${side} ${figure(wall)} s, foreign ${figure(foreign)} s, load ${figure(sample.loadBefore)} → ${figure(sample.loadAfter)}`;
    });
    return `- round ${round.number + 1}${round.void ? " (void)" : ""}: ${samples.join("; ")}`;
  });
}

function workloadSection(workload: WorkloadSummary): string[] {
  const sides = sideNames.filter((side) => workload.sides[side] != null);
  const ratios = workload.ratios.filter((ratio) => Object.keys(ratio.values).length > 0);
  const heads = ["metric", "unit", ...sides, ...ratios.map((ratio) => `${ratio.a} / ${ratio.b}`)];
  const problems = Object.entries(workload.problems).map(([side, problem]) => `- ${side}: ${problem}`);
  return [
    `## ${workload.id} ${workload.title}`,
    "",
    workload.description,
    "",
    row(heads),
    row(heads.map((_, at) => (at < 2 ? "---" : "---:"))),
    ...metricRows(workload, sides, ratios),
    "",
    ...sides.flatMap((side) => sideLine(side, workload.sides[side])),
    ...problems,
    `- rounds counted ${workload.roundsCounted}, void ${workload.roundsVoid}`,
    "",
    "<details><summary>Rounds</summary>",
    "",
    ...roundLines(workload),
    "",
    "</details>",
    "",
  ];
}

export function renderMarkdown(report: Report): string {
  const { machine, model } = report;
  return [
    "# Benchmark report",
    "",
    `- ${report.date}, commit ${report.commit}, \`${report.command}\``,
    `- machine: ${machine.processor}, ${machine.cores} usable cores, ${machine.memoryGb} GiB, ${machine.system}, Node ${machine.node}; ${report.threads} threads`,
    `- model: ${model.file}, ${model.bytes} bytes, SHA-256 ${model.sha256}`,
    `- libllama: SHA-256 ${report.nativeSha256}`,
    ...report.reservations.map((reservation) => `- **not to be quoted**: ${reservation}`),
    "",
    "Cells are the median over the rounds and, in parentheses, the best round. Ratios are medians of the ratios within",
    "a round. Greedy, no repeat penalty unless a workload says otherwise, same file, same context, same threads",
    "(`peer` alone keeps its own default of threads).",
    "",
    ...report.workloads.flatMap(workloadSection),
  ].join("\n");
}

/** Writes `<date>.json` and `<date>.md`; returns the path without its ending. */
export function writeReport(report: Report): string {
  mkdirSync(resultsFolder, { recursive: true });
  const path = join(resultsFolder, report.date.replace(/[:.]/g, "-"));
  writeFileSync(`${path}.json`, `${JSON.stringify(report, null, 1)}\n`);
  writeFileSync(`${path}.md`, renderMarkdown(report));
  return path;
}
