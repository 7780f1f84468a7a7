import { execFileSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { nativeFolder, rootFolder } from "./runner/folders.ts";
import { describeMachine, describeModel, foreignShare } from "./runner/machine.ts";
import { type SideName, sideNames, sidesOf, type Workload } from "./runner/protocol.ts";
import { type Report, renderMarkdown, writeReport } from "./runner/report.ts";
import { takeRounds } from "./runner/rounds.ts";
import type { Sample } from "./runner/sample.ts";
import { summarize } from "./runner/summary.ts";
import { compileRawProgram } from "./sides/raw-program.ts";
import { workloads } from "./workloads/index.ts";

/** Above this part of a core the machine is not quiet. The load average would count the runs before this one too. */
const foreignShareMax = 0.05;
const lookMs = 3000;

const help = `Usage: npm run bench -- [options] [workload ...]

Compares colloquy with node-llama-cpp and with a raw loop, each in processes of its own, in alternating rounds.
Before the first run: npm ci in bench/.

Workloads (default: all):
${workloads.map((workload) => `  ${workload.id.padEnd(5)}${workload.title}`).join("\n")}

Options:
  --model <file>     the GGUF file (default: $COLLOQUY_BENCH_MODEL, or the default model, fetched if need be)
  --rounds <n>       rounds that count, at least 7 for figures to quote (default 7)
  --sides <a,b>      of ${sideNames.join(", ")} (default: those of the workload)
  --budget <s>       seconds after which a sample stops generating (default 60, for some workloads more)
  --threads <n>      threads of ours, peer-cores and raw (default: the usable cores)
  --quick            1 round, budget 10 s: whether it works, not how fast
  --force            start beside busy processes, and count rounds that they disturbed
  --help

Environment:
  COLLOQUY_BENCH_MODEL   as --model
  COLLOQUY_BENCH_ENTRY   the main file of another build of colloquy to compare instead of dist/index.js`;

const quotableRounds = 7;

const { values: flags, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    model: { type: "string" },
    rounds: { type: "string" },
    sides: { type: "string" },
    budget: { type: "string" },
    threads: { type: "string" },
    quick: { type: "boolean", default: false },
    force: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

function fail(message: string): never {
  process.stderr.write(`${message}\n`);
  process.exit(1);
}

function positive(text: string | undefined, fallback: number, name: string): number {
  const value = text == null ? fallback : Number(text);
  return value > 0 && Number.isFinite(value) ? value : fail(`--${name} must be a number above 0`);
}

function chosenWorkloads(): readonly Workload[] {
  if (positionals.length === 0) return workloads;
  return positionals.map(
    (id) =>
      workloads.find((workload) => workload.id.toLowerCase() === id.toLowerCase()) ??
      fail(`no workload ${id}`),
  );
}

function chosenSides(): readonly SideName[] | undefined {
  if (flags.sides == null) return undefined;
  return flags.sides
    .split(",")
    .map(
      (name) =>
        sideNames.find((side) => side === name) ?? fail(`no side ${name}; there are ${sideNames.join(", ")}`),
    );
}

/** The file that was named, or the default model, fetched by the package itself when it is not there yet. */
async function modelPath(): Promise<string> {
  const named = flags.model ?? process.env.COLLOQUY_BENCH_MODEL;
  if (named != null) return existsSync(named) ? named : fail(`there is no model at ${named}`);
  const resolver = new URL("dist/models/default/default-model.js", rootFolder);
  const { resolveDefaultModel } = (await import(resolver.href)) as { resolveDefaultModel(): Promise<string> };
  return resolveDefaultModel();
}

function commit(): string {
  const git = (...args: string[]) =>
    execFileSync("git", args, { cwd: fileURLToPath(rootFolder), encoding: "utf8" }).trim();
  try {
    return git("rev-parse", "--short", "HEAD") + (git("status", "--porcelain") === "" ? "" : " with changes");
  } catch {
    return "unknown";
  }
}

function nativeSha256(): string {
  const library = join(nativeFolder(), "libllama.v0.5.0.so");
  return existsSync(library) ? createHash("sha256").update(readFileSync(library)).digest("hex") : "unknown";
}

function announce(workload: Workload): (side: SideName, round: number, sample: Sample) => void {
  return (side, round, sample) => {
    const { answer, cpu } = sample;
    const state = answer.kind === "outcome" ? (answer.outcome.cut ? "cut" : "done") : answer.kind;
    const seconds = cpu == null ? "" : ` in ${cpu.wallSeconds.toFixed(1)} s`;
    const disturbed = sample.disturbed ? `, others used ${cpu?.foreignSeconds?.toFixed(2)} s` : "";
    process.stderr.write(`${workload.id} round ${round + 1} ${side}: ${state}${seconds}${disturbed}\n`);
  };
}

async function main(): Promise<void> {
  if (flags.help) return void process.stdout.write(`${help}\n`);
  const rounds = Math.ceil(positive(flags.rounds, flags.quick ? 1 : quotableRounds, "rounds"));
  const budgetAsked = flags.quick || flags.budget != null;
  const budgetMs = 1000 * positive(flags.budget, flags.quick ? 10 : 60, "budget");
  const sidesAsked = chosenSides();
  const chosen = chosenWorkloads();
  const model = await modelPath();
  const busy = flags.force ? 0 : await foreignShare(lookMs);
  if (busy > foreignShareMax)
    fail(`other processes use ${busy.toFixed(2)} of a core: wait, or pass --force for void figures`);
  const reservations = [
    ...(rounds < quotableRounds ? [`${rounds} rounds, ${quotableRounds} are needed`] : []),
    ...(flags.force ? ["forced: rounds that other processes disturbed are counted"] : []),
    ...(process.platform === "linux" ? [] : ["foreign processor use cannot be seen on this system"]),
  ];
  const machine = describeMachine();
  const { cores } = machine;
  const threads = Math.ceil(positive(flags.threads, cores, "threads"));
  const modelFacts = await describeModel(model);
  compileRawProgram();
  const report: Report = {
    date: new Date().toISOString(),
    command: [
      "npm run bench --",
      ...process.argv.slice(2).map((arg) => (arg === flags.model ? basename(arg) : arg)),
    ].join(" "),
    machine,
    threads,
    model: modelFacts,
    nativeSha256: nativeSha256(),
    commit: commit(),
    reservations,
    workloads: [],
  };
  for (const workload of chosen) {
    const budget = budgetAsked ? budgetMs : (workload.budgetMs ?? budgetMs);
    const sides = sidesAsked ?? sidesOf(workload);
    const plan = { workload, sides, rounds, keepDisturbed: flags.force, onSample: announce(workload) };
    const taken = await takeRounds({
      ...plan,
      settings: { modelPath: model, cores, threads, budgetMs: budget },
    });
    report.workloads.push(summarize(workload, sides, taken, flags.force));
    // After every workload: a run that is broken off keeps what it has.
    writeReport(report);
  }
  process.stdout.write(`${renderMarkdown(report)}\nWritten: ${writeReport(report)}.{json,md}\n`);
}

await main();
