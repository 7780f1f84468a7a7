import { fork } from "node:child_process";
import { appendFileSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { readInputLog } from "./input-log.ts";
import {
  addTally,
  emptyTally,
  type FrontName,
  type Tally,
  type WorkerMessage,
  type WorkerTask,
} from "./protocol.ts";

/**
 * Random and damaged grammars, patterns and schemas, for as long as one likes:
 *
 *     npm run fuzz:grammar -- --minutes 10 --seed 1
 *     npm run fuzz:grammar -- --seed 1 --input schema:1234     # that input again, alone
 *
 * The inputs are tried in a process that this one watches: a call of the engine that takes longer than `--call` seconds
 * is a finding, and the process is begun anew behind it. A thread would not do: one that is inside an expression of
 * JavaScript cannot be ended. Findings go to `--out` and to standard output.
 */
const { values } = parseArgs({
  options: {
    minutes: { type: "string", default: "1" },
    seed: { type: "string", default: "1" },
    call: { type: "string", default: "10" },
    fronts: { type: "string", default: "gbnf,pattern,schema" },
    input: { type: "string" },
    out: { type: "string", default: "node_modules/.cache/fuzz-grammar" },
  },
});

const WATCH_MS = 100;
/** A judge that takes longer than this is left alone. */
const ORACLE_MS = 2000;
const MEMORY_MB = 1024;
const PROGRESS_MS = 30_000;

const seed = Number(values.seed);
const [inputFront, inputIndex] = values.input?.split(":") ?? [];
const fronts = (inputFront ?? values.fronts).split(",") as FrontName[];
const inputFile = join(values.out, `input-${seed}.txt`);
const findingsFile = join(values.out, `findings-${seed}.txt`);
const tallies: Record<string, Tally> = {};
let [findings, leftAlone] = [0, 0];

function report(id: string, message: string, input: string): void {
  findings++;
  appendFileSync(findingsFile, `${id} (seed ${seed})\n${message}\n${input}\n\n`);
  console.log(`FOUND ${id}: ${message.split("\n")[0]}\n  ${input.slice(0, 1000)}`);
}

function take(message: WorkerMessage, finish: () => void): void {
  if (message.kind === "finding") report(message.id, message.message, message.input);
  else if (message.kind === "done") finish();
  else
    for (const [name, tally] of Object.entries(message.tallies))
      addTally((tallies[name] ??= emptyTally()), tally);
}

/** Runs a worker until the time is up, it is through, or it has to be ended; returns the input to go on with. */
function runWorker(from: number, to: number | undefined, until: number): Promise<number> {
  const task: WorkerTask = { seed, fronts, from, to, inputFile };
  writeFileSync(inputFile, "");
  const worker = fork(new URL("worker.js", import.meta.url), [JSON.stringify(task)], {
    execArgv: [`--max-old-space-size=${MEMORY_MB}`],
  });
  let [next, isOver] = [Number.POSITIVE_INFINITY, false];
  const end = () => {
    isOver = true;
    worker.kill("SIGKILL");
  };
  const watch = setInterval(() => {
    const work = readInputLog(inputFile);
    const tookMs = work === undefined ? 0 : Date.now() - work.since;
    const mostMs = work?.phase === "oracle" ? ORACLE_MS : 1000 * Number(values.call);
    if (work !== undefined && !isOver && tookMs > mostMs) {
      // Expressions of JavaScript that go back and forth are not what is tried here.
      if (work.phase === "oracle") leftAlone++;
      else report(work.id, `a call did not end within ${values.call} s`, work.text);
      next = work.index + 1;
      end();
    } else if (Date.now() > until && tookMs < 1000) end();
  }, WATCH_MS);
  worker.on("message", (message: WorkerMessage) => take(message, end));
  return new Promise((resolve) => {
    worker.on("exit", (code, signal) => {
      clearInterval(watch);
      if (isOver) return resolve(next);
      const work = readInputLog(inputFile);
      report(work?.id ?? "?", `the process ended with ${code ?? signal}`, work?.text ?? "");
      resolve(work === undefined ? next : work.index + 1);
    });
  });
}

function summary(): string {
  const lines = Object.entries(tallies).map(([name, tally]) => {
    const codes = (counts: Record<string, number>) =>
      Object.entries(counts)
        .map(([code, count]) => `${count} ${code}`)
        .join(", ") || "none";
    return (
      `${name}: ${tally.inputs} inputs, refused ${codes(tally.refused)}; ${tally.walks} walks, stopped ${codes(tally.stopped)}; ` +
      `${tally.masks} masks compared, ${tally.twins} with the twin; ${tally.texts} texts finished, ${tally.samples} samples; ` +
      `slowest input ${Math.round(tally.slowestMs)} ms: ${tally.slowest}`
    );
  });
  return [...lines, `${findings} findings, ${leftAlone} inputs left because the judge was slow`].join("\n");
}

mkdirSync(values.out, { recursive: true });
writeFileSync(findingsFile, "");
const until = Date.now() + 60_000 * Number(values.minutes);
const first = inputIndex === undefined ? 0 : Number(inputIndex);
const last = inputIndex === undefined ? undefined : first + 1;
const progress = setInterval(() => console.log(`${new Date().toISOString()}\n${summary()}`), PROGRESS_MS);
for (let next = first; next < (last ?? Number.POSITIVE_INFINITY) && Date.now() < until; )
  next = await runWorker(next, last, until);
clearInterval(progress);
console.log(`seed ${seed}\n${summary()}`);
process.exitCode = findings === 0 ? 0 : 1;
