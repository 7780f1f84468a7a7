import type { Outcome, Settings, Workload } from "../runner/protocol.ts";
import { gaps, median, percentile } from "../runner/statistics.ts";
import type { LibrarySide } from "../sides/library.ts";
import type { RawLoop } from "../sides/raw-loop.ts";
import { openChat, startBudget, timedPrompt } from "./chat.ts";
import { chatMl, chatMlAnswer, longStoryPrompt, plainSystemPrompt } from "./texts.ts";

const tokensMax = 512;
const contextSize = 2048;
const penaltyTokens = 128;
/** Every figure is given, so that no library's default plays a part. */
const repeatPenalty = { lastTokens: 64, penalty: 1.1, frequencyPenalty: 0, presencePenalty: 0 };

function outcomeOf(atMs: readonly number[], text: string): Outcome {
  const between = gaps(atMs);
  const seconds = (atMs.at(-1)! - atMs[0]!) / 1000;
  return {
    metrics: {
      msPerToken: median(between),
      meanMsPerToken: (1000 * seconds) / between.length,
      tokensPerSecond: between.length / seconds,
      msPerTokenP99: percentile(between, 0.99),
      tokens: atMs.length,
    },
    cut: atMs.length < tokensMax,
    text,
  };
}

async function overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome> {
  const chat = await openChat(side, settings, { contextSize, systemPrompt: plainSystemPrompt });
  const fresh = chat.session.getChatHistory();
  const { signal } = startBudget(settings.budgetMs);
  const answer = await timedPrompt(chat.session, longStoryPrompt, { maxTokens: tokensMax, signal });
  const outcome = outcomeOf(answer.tokenAtMs, answer.text);
  if (signal.aborted) return outcome;
  chat.session.setChatHistory(fresh);
  const penalized = await timedPrompt(chat.session, longStoryPrompt, {
    maxTokens: penaltyTokens,
    repeatPenalty,
    signal,
  });
  const penaltyMsPerToken = median(gaps(penalized.tokenAtMs));
  return {
    ...outcome,
    metrics: { ...outcome.metrics, penaltyMsPerToken },
    cut: outcome.cut || signal.aborted,
  };
}

async function overRaw(open: () => Promise<RawLoop>, settings: Settings): Promise<Outcome> {
  const raw = await open();
  const prompt = chatMl("system", plainSystemPrompt) + chatMl("user", longStoryPrompt) + chatMlAnswer;
  await raw.evaluate(await raw.tokenize(prompt));
  const answer = await raw.generate(tokensMax, settings.budgetMs);
  return outcomeOf(answer.atMs, await raw.text(answer.tokens));
}

export const tokenOverhead: Workload = {
  id: "B3",
  title: "overhead of a token",
  description: `${tokensMax} greedy tokens with callbacks for tokens and text, timed from the first token to the last; then ${penaltyTokens} with a repeat penalty of ${repeatPenalty.penalty} over ${repeatPenalty.lastTokens} tokens.`,
  metrics: {
    msPerToken: { title: "time of a token, median", unit: "ms", better: "lower" },
    meanMsPerToken: { title: "time of a token, mean", unit: "ms", better: "lower" },
    msPerTokenP99: { title: "time of a token, 99th percentile", unit: "ms", better: "lower" },
    tokensPerSecond: { title: "speed", unit: "tok/s", better: "higher" },
    penaltyMsPerToken: {
      title: "time of a token with a repeat penalty, median",
      unit: "ms",
      better: "lower",
    },
    tokens: { title: "tokens", unit: "tokens", better: "none" },
  },
  overLibrary,
  overRaw,
};
