import type { Outcome, Settings, Workload } from "../runner/protocol.ts";
import { gaps, total } from "../runner/statistics.ts";
import { type LibrarySide, meteredTokens } from "../sides/library.ts";
import { type OpenedChat, openChat, startBudget, timedPrompt } from "./chat.ts";
import { longStoryPrompt, plainSystemPrompt, userText } from "./texts.ts";

const contextSize = 512;
const tokensGoal = 2200;
const userTokens = 40;
const answerTokensMax = 80;
const longAnswerTokens = 800;

/** A chat that runs over its context again and again; typed tokens are counted without the template's. */
async function longChat(chat: OpenedChat, signal: AbortSignal) {
  const firstTextMs: number[] = [];
  const evaluatedByTurn: number[] = [];
  let passed = 0;
  for (let turn = 0; passed < tokensGoal && !signal.aborted; turn++) {
    const text = await userText(chat.count, turn, userTokens);
    const before = meteredTokens(chat.sequence);
    const answer = await timedPrompt(chat.session, text, { maxTokens: answerTokensMax, signal });
    if (Number.isNaN(answer.firstTextMs)) break;
    firstTextMs.push(answer.firstTextMs);
    evaluatedByTurn.push(meteredTokens(chat.sequence) - before);
    passed += (await chat.count(text)) + answer.tokenAtMs.length;
  }
  return { firstTextMs, evaluatedByTurn, passed };
}

async function overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome> {
  const chat = await openChat(side, settings, { contextSize, systemPrompt: plainSystemPrompt });
  const fresh = chat.session.getChatHistory();
  const { signal } = startBudget(settings.budgetMs);
  const turns = await longChat(chat, signal);
  const evaluatedTokens = total(turns.evaluatedByTurn);
  const metrics: Record<string, number> = {
    chatEvaluatedTokens: evaluatedTokens,
    chatEvaluatedShare: evaluatedTokens / turns.passed,
    chatEvaluatedMax: Math.max(...turns.evaluatedByTurn),
    chatFirstTextMaxMs: Math.max(...turns.firstTextMs),
    chatTokens: turns.passed,
  };
  if (signal.aborted) return { metrics, cut: true };
  chat.session.setChatHistory(fresh);
  const before = meteredTokens(chat.sequence);
  const answer = await timedPrompt(chat.session, longStoryPrompt, { maxTokens: longAnswerTokens, signal });
  const made = answer.tokenAtMs.length;
  return {
    metrics: {
      ...metrics,
      answerStallMs: Math.max(...gaps(answer.tokenAtMs)),
      answerTokens: made,
      answerExcessTokens: meteredTokens(chat.sequence) - before - made,
    },
    cut: signal.aborted,
  };
}

export const contextShift: Workload = {
  id: "B9",
  title: "context shift",
  description: `A context of ${contextSize} tokens: a chat through which ${tokensGoal} typed and written tokens pass (${userTokens} typed, at most ${answerTokensMax} written a turn), then one answer of ${longAnswerTokens} tokens, longer than the context.`,
  metrics: {
    chatEvaluatedTokens: { title: "chat: evaluated", unit: "tokens", better: "lower" },
    chatEvaluatedShare: { title: "chat: evaluated / typed and written", unit: "ratio", better: "lower" },
    chatEvaluatedMax: { title: "chat: evaluated, worst turn", unit: "tokens", better: "lower" },
    chatFirstTextMaxMs: { title: "chat: first text, worst turn", unit: "ms", better: "lower" },
    chatTokens: { title: "chat: typed and written", unit: "tokens", better: "none" },
    answerStallMs: { title: "long answer: longest gap", unit: "ms", better: "lower" },
    answerExcessTokens: {
      title: "long answer: evaluated beyond its tokens",
      unit: "tokens",
      better: "lower",
    },
    answerTokens: { title: "long answer: tokens", unit: "tokens", better: "none" },
  },
  budgetMs: 120_000,
  overLibrary,
};
