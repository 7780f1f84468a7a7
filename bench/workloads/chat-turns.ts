import type { Outcome, Settings, Workload } from "../runner/protocol.ts";
import { median, total } from "../runner/statistics.ts";
import { type LibrarySide, meteredTokens } from "../sides/library.ts";
import type { RawLoop } from "../sides/raw-loop.ts";
import { openChat, startBudget, timedPrompt } from "./chat.ts";
import { chatMl, chatMlAnswer, systemText, userText } from "./texts.ts";

const turns = 20;
const systemTokens = 300;
const userTokens = 40;
const answerTokensMax = 80;
const contextSize = 4096;

interface Turns {
  readonly firstTextMs: number[];
  readonly texts: string[];
  answerTokens: number;
}

function outcomeOf(taken: Turns, evaluatedTokens: number, cellsAtEnd: number): Outcome {
  const done = taken.firstTextMs.length;
  return {
    metrics: {
      // Later turns attend to more: a median over fewer of them is no median of the same thing.
      ...(done >= turns / 2 ? { firstTextEarlyMs: median(taken.firstTextMs.slice(1, turns / 2)) } : {}),
      ...(done === turns
        ? {
            firstTextMedianMs: median(taken.firstTextMs.slice(1)),
            firstTextSumMs: total(taken.firstTextMs),
            firstTextLastMs: taken.firstTextMs.at(-1)!,
          }
        : {}),
      turnsDone: done,
      evaluatedTokens,
      excessTokens: evaluatedTokens - cellsAtEnd,
      answerTokens: taken.answerTokens,
    },
    cut: done < turns,
    text: taken.texts.join("\n"),
  };
}

async function overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome> {
  const chat = await openChat(side, settings, {
    contextSize,
    systemPrompt: (count) => systemText(count, systemTokens),
  });
  const budget = startBudget(settings.budgetMs);
  const taken: Turns = { firstTextMs: [], texts: [], answerTokens: 0 };
  for (let turn = 0; turn < turns; turn++) {
    const text = await userText(chat.count, turn, userTokens);
    const answer = await timedPrompt(chat.session, text, {
      maxTokens: answerTokensMax,
      signal: budget.signal,
    });
    if (!Number.isNaN(answer.firstTextMs)) taken.firstTextMs.push(answer.firstTextMs);
    taken.answerTokens += answer.tokenAtMs.length;
    taken.texts.push(answer.text);
    if (budget.spent) break;
  }
  return outcomeOf(taken, meteredTokens(chat.sequence), chat.sequence.contextTokens.length);
}

async function overRaw(open: () => Promise<RawLoop>, settings: Settings): Promise<Outcome> {
  const raw = await open();
  const budget = startBudget(settings.budgetMs);
  const count = async (text: string) => (await raw.tokenize(text)).length;
  const taken: Turns = { firstTextMs: [], texts: [], answerTokens: 0 };
  let before = chatMl("system", await systemText(count, systemTokens));
  let pending: readonly number[] = [];
  let evaluated = 0;
  for (let turn = 0; turn < turns && !budget.spent; turn++) {
    const text = before + chatMl("user", await userText(count, turn, userTokens)) + chatMlAnswer;
    const tokens = [...pending, ...(await raw.tokenize(text))];
    const promptMs = await raw.evaluate(tokens);
    const answer = await raw.generate(answerTokensMax, budget.leftMs());
    taken.firstTextMs.push(promptMs + (answer.atMs[0] ?? 0));
    taken.texts.push(await raw.text(answer.tokens));
    taken.answerTokens += answer.tokens.length;
    // The last token of an answer that was cut at its length is not evaluated yet.
    const open = answer.endedByModel ? 0 : 1;
    evaluated += tokens.length + answer.tokens.length - open;
    pending = open === 1 ? answer.tokens.slice(-1) : [];
    before = "<|im_end|>\n";
  }
  return outcomeOf(taken, evaluated, evaluated);
}

export const chatTurns: Workload = {
  id: "B2",
  title: "20-turn chat, time to first text",
  description: `${turns} turns: a system prompt of ${systemTokens} tokens, ${userTokens} from the user, at most ${answerTokensMax} in an answer. Excess is what was evaluated beyond one evaluation of each token that the cache holds at the end.`,
  metrics: {
    firstTextEarlyMs: { title: "first text, median of turns 2 to 10", unit: "ms", better: "lower" },
    firstTextMedianMs: { title: "first text, median of turns 2 to 20", unit: "ms", better: "lower" },
    firstTextLastMs: { title: "first text, turn 20", unit: "ms", better: "lower" },
    firstTextSumMs: { title: "first text, sum of turns", unit: "ms", better: "lower" },
    evaluatedTokens: { title: "evaluated", unit: "tokens", better: "lower" },
    excessTokens: { title: "excess", unit: "tokens", better: "lower" },
    answerTokens: { title: "answers", unit: "tokens", better: "none" },
    turnsDone: { title: "turns done", unit: "count", better: "none" },
  },
  budgetMs: 120_000,
  overLibrary,
  overRaw,
};
