import type { Outcome, Settings, Workload } from "../runner/protocol.ts";
import { percentile, total } from "../runner/statistics.ts";
import { type LibrarySide, meteredTokens, type SequenceLike } from "../sides/library.ts";
import {
  type Budget,
  type OpenedModel,
  openModel,
  startBudget,
  type TimedAnswer,
  timedPrompt,
} from "./chat.ts";
import { systemText, userText } from "./texts.ts";

const sessions = 8;
const systemTokens = 600;
const questionTokens = 30;
const answerTokensMax = 64;
const contextSize = 1024;
const staggerMs = 250;

interface Served {
  readonly answers: readonly TimedAnswer[];
  readonly wallMs: number;
  readonly evaluatedTokens: number;
  readonly rssMb: number;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

/** All sessions of one context, each beginning `apartMs` after the one before. */
async function serve(opened: OpenedModel, apartMs: number, budget: Budget): Promise<Served> {
  const { library, model, count } = opened;
  const systemPrompt = await systemText(count, systemTokens);
  const questions = await Promise.all(
    Array.from({ length: sessions }, (_, at) => userText(count, at, questionTokens)),
  );
  const context = await model.createContext({ contextSize, sequences: sessions });
  const sequences: SequenceLike[] = [];
  const start = performance.now();
  const answers = await Promise.all(
    questions.map(async (question, at) => {
      const contextSequence = context.getSequence();
      sequences.push(contextSequence);
      const session = new library.LlamaChatSession({ contextSequence, systemPrompt });
      await pause(at * apartMs);
      return timedPrompt(session, question, { maxTokens: answerTokensMax, signal: budget.signal });
    }),
  );
  const wallMs = performance.now() - start;
  const evaluatedTokens = total(sequences.map(meteredTokens));
  const rssMb = process.memoryUsage.rss() / 2 ** 20;
  await context.dispose();
  return { answers, wallMs, evaluatedTokens, rssMb };
}

function metricsOf(prefix: string, served: Served): Record<string, number> {
  const generated = total(served.answers.map((answer) => answer.tokenAtMs.length));
  const firsts = served.answers.map((answer) => answer.firstTextMs).filter((ms) => !Number.isNaN(ms));
  return {
    [`${prefix}TokensPerSecond`]: (1000 * generated) / served.wallMs,
    [`${prefix}FirstTextP95Ms`]: percentile(firsts, 0.95),
    [`${prefix}EvaluatedTokens`]: served.evaluatedTokens,
    [`${prefix}AnswerTokens`]: generated,
  };
}

async function overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome> {
  const opened = await openModel(side, settings);
  const budget = startBudget(settings.budgetMs);
  const together = await serve(opened, 0, budget);
  if (budget.spent)
    return { metrics: { rssMb: together.rssMb, ...metricsOf("together", together) }, cut: true };
  const staggered = await serve(opened, staggerMs, budget);
  return {
    metrics: {
      rssMb: together.rssMb,
      ...metricsOf("together", together),
      ...metricsOf("staggered", staggered),
    },
    cut: budget.spent,
  };
}

export const sharedPrompt: Workload = {
  id: "B6",
  title: "shared prompt",
  description: `${sessions} sessions of one context, the same system prompt of ${systemTokens} tokens, questions of ${questionTokens}, at most ${answerTokensMax} tokens in an answer: all at once, then in a new context each ${staggerMs} ms after the one before.`,
  metrics: {
    togetherTokensPerSecond: { title: "together: speed, all sessions", unit: "tok/s", better: "higher" },
    togetherFirstTextP95Ms: { title: "together: first text, 95th percentile", unit: "ms", better: "lower" },
    togetherEvaluatedTokens: { title: "together: evaluated", unit: "tokens", better: "lower" },
    togetherAnswerTokens: { title: "together: answers", unit: "tokens", better: "none" },
    staggeredTokensPerSecond: { title: "staggered: speed, all sessions", unit: "tok/s", better: "higher" },
    staggeredFirstTextP95Ms: { title: "staggered: first text, 95th percentile", unit: "ms", better: "lower" },
    staggeredEvaluatedTokens: { title: "staggered: evaluated", unit: "tokens", better: "lower" },
    staggeredAnswerTokens: { title: "staggered: answers", unit: "tokens", better: "none" },
    rssMb: { title: "resident", unit: "MB", better: "lower" },
  },
  budgetMs: 120_000,
  overLibrary,
};
