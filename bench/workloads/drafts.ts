import type { Outcome, Settings, Workload } from "../runner/protocol.ts";
import type { LibrarySide } from "../sides/library.ts";
import { type OpenedModel, openModel, startBudget, timedPrompt } from "./chat.ts";
import { longStoryPrompt, plainSystemPrompt, storyPassage } from "./texts.ts";

const contextSize = 2048;
const copiedTokensMax = 400;
const chatTokens = 256;

async function tokensPerSecond(
  opened: OpenedModel,
  options: Readonly<Record<string, unknown>>,
  text: string,
  maxTokens: number,
  signal: AbortSignal,
): Promise<{ speed: number; tokens: number; text: string }> {
  const { library, model } = opened;
  const context = await model.createContext({ contextSize });
  const contextSequence = context.getSequence(options);
  const session = new library.LlamaChatSession({ contextSequence, systemPrompt: plainSystemPrompt });
  const answer = await timedPrompt(session, text, { maxTokens, signal });
  await context.dispose();
  const { tokenAtMs } = answer;
  const seconds = (tokenAtMs.at(-1)! - tokenAtMs[0]!) / 1000;
  return { speed: (tokenAtMs.length - 1) / seconds, tokens: tokenAtMs.length, text: answer.text };
}

async function overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome> {
  const opened = await openModel(side, settings);
  const { signal } = startBudget(settings.budgetMs);
  const copying = `Repeat this text exactly:\n\n${storyPassage}`;
  const metrics: Record<string, number> = {};
  const notes: string[] = [];
  for (const [name, text, maxTokens] of [
    ["copy", copying, copiedTokensMax],
    ["chat", longStoryPrompt, chatTokens],
  ] as const) {
    const off = await tokensPerSecond(opened, side.noDraftOptions ?? {}, text, maxTokens, signal);
    const on = await tokensPerSecond(opened, side.draftOptions(opened.library), text, maxTokens, signal);
    if (signal.aborted) return { metrics, notes, cut: true };
    metrics[`${name}Off`] = off.speed;
    metrics[`${name}On`] = on.speed;
    metrics[`${name}Gain`] = on.speed / off.speed;
    if (name === "copy") metrics.copiedTokens = off.tokens;
    if (on.text !== off.text) notes.push(`${name}: another text with drafts`);
  }
  return { metrics, notes };
}

export const drafts: Workload = {
  id: "B15",
  title: "drafts from the context",
  description: `Copying a text of about ${copiedTokensMax} tokens and writing ${chatTokens} freely, with and without drafts looked up in the context; the text should be the same.`,
  metrics: {
    copyOff: { title: "copying, without", unit: "tok/s", better: "higher" },
    copyOn: { title: "copying, with drafts", unit: "tok/s", better: "higher" },
    copyGain: { title: "copying, gain", unit: "ratio", better: "higher" },
    copiedTokens: { title: "copying, tokens", unit: "tokens", better: "none" },
    chatOff: { title: "writing, without", unit: "tok/s", better: "higher" },
    chatOn: { title: "writing, with drafts", unit: "tok/s", better: "higher" },
    chatGain: { title: "writing, gain", unit: "ratio", better: "higher" },
  },
  budgetMs: 180_000,
  overLibrary,
};
