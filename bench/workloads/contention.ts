import type { Outcome, Settings, Workload } from "../runner/protocol.ts";
import { gaps, median } from "../runner/statistics.ts";
import type { LibrarySide } from "../sides/library.ts";
import type { RawLoop } from "../sides/raw-loop.ts";
import { startBusyProcesses } from "./busy-processes.ts";
import { openChat, timedPrompt } from "./chat.ts";
import { chatMl, chatMlAnswer, longStoryPrompt, plainSystemPrompt } from "./texts.ts";

const tokensMax = 128;
const contextSize = 1024;
const idleRuns = 3;
/** So many tokens in a row at the idle pace are a recovery. */
const recoveredRun = 8;
/** A pace of this much of the idle one counts as idle again. */
const recoveredShare = 0.8;

/** Times of tokens on the clock of `performance.now()`; the budget is in milliseconds. */
type Generate = (budgetMs: number) => Promise<readonly number[]>;

function tokensPerSecond(at: readonly number[]): number {
  return at.length < 2 ? 0 : (1000 * (at.length - 1)) / (at.at(-1)! - at[0]!);
}

async function fastestOf(runs: number, generate: Generate, budgetMs: number): Promise<number> {
  let fastest = 0;
  const end = performance.now() + budgetMs;
  for (let run = 0; run < runs; run++) {
    const left = end - performance.now();
    if (run > 0 && left < budgetMs / runs) break;
    fastest = Math.max(fastest, tokensPerSecond(await generate(left)));
  }
  return fastest;
}

/** The moment after which tokens come at the idle pace again; undefined when they did not. */
function recoveredAt(at: readonly number[], idleTokensPerSecond: number): number | undefined {
  const between = gaps(at);
  const gapMax = 1000 / (idleTokensPerSecond * recoveredShare);
  for (let from = 0; from + recoveredRun <= between.length; from++)
    if (median(between.slice(from, from + recoveredRun)) <= gapMax) return at[from];
  return undefined;
}

async function recoveryMs(generate: Generate, idle: number, budgetMs: number): Promise<number | undefined> {
  const start = performance.now();
  while (performance.now() - start < budgetMs) {
    const at = await generate(budgetMs - (performance.now() - start));
    const recovered = recoveredAt(at, idle);
    if (recovered != null) return recovered - start;
  }
  return undefined;
}

async function measure(generate: Generate, settings: Settings): Promise<Outcome> {
  // A third of the budget for each part.
  const part = settings.budgetMs / 3;
  const idle = await fastestOf(idleRuns, generate, part);
  const stop = await startBusyProcesses(settings.cores);
  let busyTokens: readonly number[];
  try {
    busyTokens = await generate(part);
  } finally {
    await stop();
  }
  const busy = tokensPerSecond(busyTokens);
  const recovered = await recoveryMs(generate, idle, part);
  return {
    metrics: {
      idleTokensPerSecond: idle,
      busyTokensPerSecond: busy,
      busyShare: busy / idle,
      recoveryMs: recovered ?? part,
      busyTokens: busyTokens.length,
    },
    cut: busyTokens.length < tokensMax || recovered == null,
    notes: recovered == null ? [`not recovered after ${part / 1000} s`] : [],
  };
}

async function overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome> {
  const { session } = await openChat(side, settings, { contextSize, systemPrompt: plainSystemPrompt });
  const fresh = session.getChatHistory();
  return measure(async (budgetMs) => {
    session.setChatHistory(fresh);
    const signal = AbortSignal.timeout(Math.max(1, Math.ceil(budgetMs)));
    const answer = await timedPrompt(session, longStoryPrompt, { maxTokens: tokensMax, signal });
    return answer.tokenAtMs.map((at) => answer.startedAt + at);
  }, settings);
}

async function overRaw(open: () => Promise<RawLoop>, settings: Settings): Promise<Outcome> {
  const raw = await open();
  const prompt = chatMl("system", plainSystemPrompt) + chatMl("user", longStoryPrompt) + chatMlAnswer;
  const tokens = await raw.tokenize(prompt);
  return measure(async (budgetMs) => {
    const start = performance.now();
    await raw.keep(0);
    const promptMs = await raw.evaluate(tokens);
    const answer = await raw.generate(tokensMax, Math.max(1, budgetMs - promptMs));
    return answer.atMs.map((at) => start + promptMs + at);
  }, settings);
}

export const contention: Workload = {
  id: "B18",
  title: "contention",
  description: `${tokensMax} greedy tokens while one busy-looping process per core runs, as a share of the side's own best of ${idleRuns} idle runs; then how long after their end until ${recoveredRun} tokens in a row come at ${recoveredShare} of the idle pace.`,
  metrics: {
    busyShare: { title: "speed under contention / own idle best", unit: "ratio", better: "higher" },
    recoveryMs: { title: "time to recover", unit: "ms", better: "lower" },
    idleTokensPerSecond: { title: "idle speed, best", unit: "tok/s", better: "higher" },
    busyTokensPerSecond: { title: "speed under contention", unit: "tok/s", better: "higher" },
    busyTokens: { title: "tokens made under contention", unit: "tokens", better: "none" },
  },
  overLibrary,
  overRaw,
};
