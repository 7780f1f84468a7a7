import type { Outcome, Settings, Workload } from "../runner/protocol.ts";
import { median, seededRandom } from "../runner/statistics.ts";
import { type LibrarySide, meteredTokens } from "../sides/library.ts";
import { type Budget, type OpenedModel, openModel, startBudget, timedPrompt } from "./chat.ts";
import { longStoryPrompt, plainSystemPrompt, textOfLength } from "./texts.ts";

const repetitions = 4;
const promptTokens = 2000;
const contextSize = 3072;

interface Taken {
  readonly settledMs: number[];
  /** From the start of the prompt to the abort. */
  readonly delayMs: number[];
  readonly nextFirstTextMs: number[];
  /** Evaluated by the prompt after the abort. */
  readonly nextTokens: number[];
}

const nothing = (): Taken => ({ settledMs: [], delayMs: [], nextFirstTextMs: [], nextTokens: [] });

/** A chat of its own, so that no attempt finds what an earlier one left. */
async function freshChat({ library, model }: OpenedModel) {
  const context = await model.createContext({ contextSize });
  const contextSequence = context.getSequence();
  const session = new library.LlamaChatSession({ contextSequence, systemPrompt: plainSystemPrompt });
  return { context, session, sequence: contextSequence };
}

/**
 * Starts a prompt, aborts it as `arm` says, and then asks for the same text again, as somebody does who stopped by
 * mistake: what was evaluated before the abort should serve.
 */
async function abortOnce(
  opened: OpenedModel,
  text: string,
  taken: Taken,
  budget: Budget,
  arm: (abort: () => void) => (() => void) | undefined,
): Promise<void> {
  const { context, session, sequence } = await freshChat(opened);
  const stop = new AbortController();
  let abortedAt = Number.NaN;
  const startedAt = performance.now();
  const onToken = arm(() => {
    abortedAt = performance.now();
    stop.abort();
  });
  await timedPrompt(session, text, {
    maxTokens: 400,
    signal: AbortSignal.any([stop.signal, budget.signal]),
    onToken,
  });
  const settledMs = performance.now() - abortedAt;
  const before = meteredTokens(sequence);
  const next = await timedPrompt(session, text, { maxTokens: 1, signal: budget.signal });
  if (!budget.spent && !Number.isNaN(settledMs)) {
    taken.settledMs.push(settledMs);
    taken.delayMs.push(abortedAt - startedAt);
    taken.nextFirstTextMs.push(next.firstTextMs);
    taken.nextTokens.push(meteredTokens(sequence) - before);
  }
  await context.dispose();
}

async function coldFirstTextMs(opened: OpenedModel, text: string, budget: Budget): Promise<number> {
  const { context, session } = await freshChat(opened);
  const { firstTextMs } = await timedPrompt(session, text, { maxTokens: 1, signal: budget.signal });
  await context.dispose();
  return firstTextMs;
}

async function overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome> {
  const opened = await openModel(side, settings);
  const budget = startBudget(settings.budgetMs);
  const random = seededRandom(settings.seed + 1);
  const longText = await textOfLength(opened.count, "Read this:", promptTokens, 11);
  const coldMs = await coldFirstTextMs(opened, longText, budget);
  const inPrompt = nothing();
  const inAnswer = nothing();
  for (let each = 0; each < repetitions && !budget.spent; each++) {
    const delayMs = coldMs * (0.1 + 0.8 * random());
    await abortOnce(opened, longText, inPrompt, budget, (abort) => {
      setTimeout(abort, delayMs);
      return undefined;
    });
    let tokensLeft = 5 + Math.floor(40 * random());
    await abortOnce(opened, longStoryPrompt, inAnswer, budget, (abort) => () => {
      if (--tokensLeft === 0) abort();
    });
  }
  return {
    metrics: {
      coldFirstTextMs: coldMs,
      promptSettledMs: median(inPrompt.settledMs),
      promptSettledMaxMs: Math.max(...inPrompt.settledMs),
      promptNextFirstTextMs: median(inPrompt.nextFirstTextMs),
      promptBothMs: median(inPrompt.settledMs.map((ms, at) => ms + inPrompt.nextFirstTextMs[at]!)),
      promptRepeatedMs: median(
        inPrompt.settledMs.map(
          (ms, at) => inPrompt.delayMs[at]! + ms + inPrompt.nextFirstTextMs[at]! - coldMs,
        ),
      ),
      promptNextTokens: median(inPrompt.nextTokens),
      answerSettledMs: median(inAnswer.settledMs),
      answerSettledMaxMs: Math.max(...inAnswer.settledMs),
      answerNextFirstTextMs: median(inAnswer.nextFirstTextMs),
    },
    cut: budget.spent,
  };
}

export const abort: Workload = {
  id: "B10",
  title: "abort",
  description: `At a random moment of a prompt of ${promptTokens} tokens, and after a random number of tokens of an answer, ${repetitions} times each: from the abort until the promise settles, and the same text asked again.`,
  metrics: {
    coldFirstTextMs: { title: "prompt: first text without an abort", unit: "ms", better: "lower" },
    promptSettledMs: { title: "prompt: until settled, median", unit: "ms", better: "lower" },
    promptSettledMaxMs: { title: "prompt: until settled, worst", unit: "ms", better: "lower" },
    promptNextFirstTextMs: { title: "prompt: first text when asked again", unit: "ms", better: "lower" },
    promptBothMs: { title: "prompt: from the abort to that first text", unit: "ms", better: "lower" },
    promptRepeatedMs: {
      title: "prompt: work done twice (both attempts less one without an abort)",
      unit: "ms",
      better: "lower",
    },
    promptNextTokens: { title: "prompt: evaluated when asked again", unit: "tokens", better: "lower" },
    answerSettledMs: { title: "answer: until settled, median", unit: "ms", better: "lower" },
    answerSettledMaxMs: { title: "answer: until settled, worst", unit: "ms", better: "lower" },
    answerNextFirstTextMs: { title: "answer: first text when asked again", unit: "ms", better: "lower" },
  },
  budgetMs: 120_000,
  overLibrary,
};
