import type { Outcome, Settings, Workload } from "../runner/protocol.ts";
import { median } from "../runner/statistics.ts";
import { type LibrarySide, meteredTokens, type SessionLike } from "../sides/library.ts";
import { openChat, startBudget, timedPrompt } from "./chat.ts";
import { plainSystemPrompt, userText } from "./texts.ts";

const contextSize = 2048;
const turns = 4;
const typed =
  "What would you tell a traveller who comes to the harbor for the first time and wants to see it?";
/** A completion is asked for each time so many characters were typed. */
const stride = 6;
const pauseMs = 80;

interface CompletionEngine {
  complete(prompt: string): string;
  dispose(): void;
}

interface CompletingSession extends SessionLike {
  createPromptCompletionEngine(options: {
    readonly maxPreloadTokens: number;
    readonly temperature: number;
    readonly onGeneration: (prompt: string, completion: string) => void;
  }): CompletionEngine;
}

const pause = (milliseconds: number) => new Promise((resolve) => setTimeout(resolve, milliseconds));

async function overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome> {
  const { session, sequence, count } = await openChat(side, settings, {
    contextSize,
    systemPrompt: plainSystemPrompt,
  });
  const { signal } = startBudget(settings.budgetMs);
  for (let turn = 0; turn < turns; turn++) {
    await timedPrompt(session, await userText(count, turn, 30), { maxTokens: 40, signal });
  }
  const firstMs: number[] = [];
  const returnMs: number[] = [];
  let askedAt = 0;
  let waiting: string | undefined;
  const engine = (session as CompletingSession).createPromptCompletionEngine({
    maxPreloadTokens: 128,
    temperature: 0,
    onGeneration(prompt) {
      if (prompt !== waiting) return;
      firstMs.push(performance.now() - askedAt);
      waiting = undefined;
    },
  });
  const before = meteredTokens(sequence);
  for (let length = stride; length < typed.length; length += stride) {
    waiting = typed.slice(0, length);
    askedAt = performance.now();
    engine.complete(waiting);
    returnMs.push(performance.now() - askedAt);
    await pause(pauseMs);
    if (signal.aborted) return { metrics: {}, cut: true };
  }
  const tokensWhileTyping = meteredTokens(sequence) - before;
  // The completion of the last keystroke is still being written when the prompt is sent.
  engine.complete(typed);
  const beforePrompt = meteredTokens(sequence);
  const { firstTextMs } = await timedPrompt(session, typed, { maxTokens: 1, signal });
  engine.dispose();
  return {
    metrics: {
      returnMs: median(returnMs),
      firstMs: firstMs.length === 0 ? Number.NaN : median(firstMs),
      shown: firstMs.length,
      tokensWhileTyping,
      promptMs: firstTextMs,
      promptTokens: meteredTokens(sequence) - beforePrompt,
    },
  };
}

export const completion: Workload = {
  id: "B11",
  title: "prompt completion",
  description: `A question is typed after a chat of ${turns} turns; a completion is asked for every ${stride} characters, ${pauseMs} ms apart, and the question is sent while the last one is being written.`,
  metrics: {
    returnMs: { title: "complete() returns", unit: "ms", better: "lower" },
    firstMs: { title: "first text of a completion", unit: "ms", better: "lower" },
    shown: { title: "keystrokes with a completion", unit: "count", better: "higher" },
    tokensWhileTyping: { title: "evaluated while typing", unit: "tokens", better: "none" },
    promptMs: { title: "prompt sent meanwhile, first text", unit: "ms", better: "lower" },
    promptTokens: { title: "prompt sent meanwhile, evaluated", unit: "tokens", better: "lower" },
  },
  overLibrary,
};
