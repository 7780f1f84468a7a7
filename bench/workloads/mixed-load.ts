import type { Outcome, Settings, Workload } from "../runner/protocol.ts";
import { gaps, median, percentile } from "../runner/statistics.ts";
import type { ContextLike, LibrarySide } from "../sides/library.ts";
import { type OpenedModel, openModel, startBudget, timedPrompt } from "./chat.ts";
import { longStoryPrompt, plainSystemPrompt, textOfLength } from "./texts.ts";

const streams = 4;
const promptTokens = 2000;
const contextSize = 2560;
/** Tokens that each stream has written before the newcomer arrives. */
const tokensBefore = 48;

interface Stream {
  /** Moments of tokens on the clock of `performance.now()`. */
  readonly tokenAt: number[];
  readonly done: Promise<unknown>;
}

/** A running answer; `onToken` is called after each token. */
function startStream(
  opened: OpenedModel,
  context: ContextLike,
  at: number,
  signal: AbortSignal,
  onToken: () => void,
): Stream {
  const contextSequence = context.getSequence();
  const session = new opened.library.LlamaChatSession({ contextSequence, systemPrompt: plainSystemPrompt });
  const tokenAt: number[] = [];
  const done = timedPrompt(session, `${longStoryPrompt} Story ${at + 1}.`, {
    maxTokens: contextSize - 256,
    signal,
    onToken() {
      tokenAt.push(performance.now());
      onToken();
    },
  });
  return { tokenAt, done };
}

function gapsWithin(streamsOf: readonly Stream[], from: number, to: number): number[] {
  return streamsOf.flatMap(({ tokenAt }) => {
    // A gap counts when it ends in the interval, so that the one that spans its beginning is not lost.
    const between = gaps(tokenAt);
    return between.filter((_, at) => tokenAt[at + 1]! > from && tokenAt[at + 1]! <= to);
  });
}

async function overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome> {
  const opened = await openModel(side, settings);
  const context = await opened.model.createContext({ contextSize, sequences: streams + 1 });
  const budget = startBudget(settings.budgetMs);
  const stop = new AbortController();
  const signal = AbortSignal.any([stop.signal, budget.signal]);
  const running: Stream[] = [];
  const settled = await new Promise<"running" | "spent">((resolve) => {
    budget.signal.addEventListener("abort", () => resolve("spent"));
    const check = () => {
      if (running.length === streams && running.every(({ tokenAt }) => tokenAt.length >= tokensBefore))
        resolve("running");
    };
    for (let at = 0; at < streams; at++) running.push(startStream(opened, context, at, signal, check));
  });
  if (settled === "spent") return { metrics: {}, cut: true, notes: ["the streams did not get under way"] };
  const text = await textOfLength(opened.count, "Read this and say what it is about:", promptTokens, 5);
  const session = new opened.library.LlamaChatSession({
    contextSequence: context.getSequence(),
    systemPrompt: plainSystemPrompt,
  });
  const arrival = performance.now();
  const newcomer = await timedPrompt(session, text, { maxTokens: 8, signal });
  // The streams' tokens of the batch that ended the prompt are delivered a moment later.
  const firstText = arrival + (Number.isNaN(newcomer.firstTextMs) ? newcomer.totalMs : newcomer.firstTextMs);
  stop.abort();
  await Promise.all(running.map(({ done }) => done));
  const before = gapsWithin(running, 0, arrival);
  const during = gapsWithin(running, arrival, firstText + 1000);
  return {
    metrics: {
      gapBeforeMedianMs: median(before),
      gapDuringMedianMs: median(during),
      gapDuringP99Ms: percentile(during, 0.99),
      gapDuringMaxMs: during.length === 0 ? newcomer.totalMs : Math.max(...during),
      gapP99Share: percentile(during, 0.99) / median(before),
      newcomerFirstTextMs: newcomer.firstTextMs,
      tokensDuring: during.length,
    },
    cut: budget.spent,
  };
}

export const mixedLoad: Workload = {
  id: "B7",
  title: "mixed load",
  description: `${streams} answers are being written when a prompt of ${promptTokens} tokens arrives: gaps between the tokens of a running answer until the newcomer's first text, and how long the newcomer waits for it.`,
  metrics: {
    gapBeforeMedianMs: { title: "gap before, median", unit: "ms", better: "lower" },
    gapDuringMedianMs: { title: "gap during, median", unit: "ms", better: "lower" },
    gapDuringP99Ms: { title: "gap during, 99th percentile", unit: "ms", better: "lower" },
    gapDuringMaxMs: { title: "gap during, longest", unit: "ms", better: "lower" },
    gapP99Share: { title: "99th percentile during / median before", unit: "ratio", better: "lower" },
    newcomerFirstTextMs: { title: "newcomer's first text", unit: "ms", better: "lower" },
    tokensDuring: { title: "tokens of the running answers meanwhile", unit: "tokens", better: "higher" },
  },
  budgetMs: 120_000,
  overLibrary,
};
