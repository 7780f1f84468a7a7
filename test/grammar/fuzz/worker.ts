import { TokenTrie } from "../../../src/grammar/index.ts";
import { drawFrom, inputSeed } from "./draw.ts";
import { FRONTS } from "./fronts.ts";
import { fuzzVocabulary } from "./fuzz-vocabulary.ts";
import { InputLog } from "./input-log.ts";
import { emptyTally, type Tally, type WorkerMessage, type WorkerTask } from "./protocol.ts";
import { tryInput } from "./try-input.ts";

/** Sums go to the watcher this often: a worker that is ended takes the rest with it. */
const REPORT_MS = 500;

const {
  seed,
  fronts,
  from,
  to = Number.POSITIVE_INFINITY,
  inputFile,
} = JSON.parse(process.argv[2]!) as WorkerTask;
const log = new InputLog(inputFile);
const trie = TokenTrie.from(fuzzVocabulary(drawFrom(seed)));
const say = (message: WorkerMessage) => process.send!(message);

function count(counts: Record<string, number>, code: string | undefined): void {
  if (code !== undefined) counts[code] = (counts[code] ?? 0) + 1;
}

function tryNext(index: number, tallies: Record<string, Tally>): void {
  const name = fronts[index % fronts.length]!;
  const id = `${name}:${index}`;
  const draw = drawFrom(inputSeed(seed, name, index));
  const input = FRONTS[name].make(draw);
  const text = JSON.stringify(input) ?? "undefined";
  log.begin(index, id, text);
  const tally = (tallies[name] ??= emptyTally());
  const before = performance.now();
  try {
    const trial = tryInput(FRONTS[name], input, trie, draw, (phase) => log.enter(phase));
    for (const key of ["walks", "masks", "twins", "texts", "samples"] as const) tally[key] += trial[key];
    count(tally.refused, trial.refused);
    count(tally.stopped, trial.stopped);
  } catch (error) {
    const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
    say({ kind: "finding", id, message, input: text });
  }
  tally.inputs++;
  const took = performance.now() - before;
  if (took > tally.slowestMs) [tally.slowestMs, tally.slowest] = [took, `${id} ${text.slice(0, 300)}`];
}

// A worker whose watcher is gone has nobody to work for.
process.on("disconnect", () => process.exit());
let tallies: Record<string, Tally> = {};
let reportedAt = Date.now();
for (let index = from; index < to; index++) {
  tryNext(index, tallies);
  if (Date.now() - reportedAt < REPORT_MS) continue;
  say({ kind: "tally", tallies });
  tallies = {};
  reportedAt = Date.now();
  // Messages are sent, and the end of the watcher is noticed, between two turns.
  await new Promise((resolve) => setImmediate(resolve));
}
say({ kind: "tally", tallies });
say({ kind: "done" });
log.close();
process.disconnect();
