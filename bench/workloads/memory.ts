import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import type { Outcome, Settings, Workload } from "../runner/protocol.ts";
import type { HistoryItem, LibrarySide } from "../sides/library.ts";
import { type Budget, type OpenedModel, openModel, startBudget, timedPrompt } from "./chat.ts";
import { plainSystemPrompt } from "./texts.ts";

const sessionsMax = 8;
const contextSize = 2048;
const cycles = 1000;
/** Pools, caches and compiled code grow over the first cycles and then stay; growth is counted after them. */
const warmCycles = 500;
const messages = 10_000;
const megabyte = 2 ** 20;

/** Memory in use after a full collection. */
function collected(): { readonly rss: number; readonly heap: number } {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  collect();
  collect();
  const { rss, heapUsed } = process.memoryUsage();
  return { rss, heap: heapUsed };
}

/** Resident memory with so many sessions that have answered once. */
async function rssOf(opened: OpenedModel, sessions: number, budget: Budget): Promise<number> {
  const { library, model } = opened;
  const context = await model.createContext({ contextSize, sequences: sessions });
  for (let at = 0; at < sessions; at++) {
    const contextSequence = context.getSequence();
    const session = new library.LlamaChatSession({ contextSequence, systemPrompt: plainSystemPrompt });
    await timedPrompt(session, `Hi, I am visitor ${at}.`, { maxTokens: 4, signal: budget.signal });
  }
  const { rss } = collected();
  await context.dispose();
  return rss / megabyte;
}

interface Growth {
  readonly rssKbPerCycle: number;
  readonly heapKbPerCycle: number;
  readonly msPerCycle: number;
  readonly cycles: number;
}

/** Sequence and session made, asked, and given back, again and again in one context. */
async function growth(opened: OpenedModel, budget: Budget): Promise<Growth> {
  const { library, model } = opened;
  const context = await model.createContext({ contextSize: 512, sequences: 2 });
  let warm = collected();
  let done = 0;
  const start = performance.now();
  for (; done < cycles && !budget.spent; done++) {
    if (done === warmCycles) warm = collected();
    const contextSequence = context.getSequence();
    const session = new library.LlamaChatSession({ contextSequence, systemPrompt: plainSystemPrompt });
    await timedPrompt(session, "Hi", { maxTokens: 1, signal: budget.signal });
    session.dispose();
    await contextSequence.dispose();
  }
  const wallMs = performance.now() - start;
  const end = collected();
  await context.dispose();
  const counted = Math.max(1, done - warmCycles);
  return {
    rssKbPerCycle: (end.rss - warm.rss) / 1024 / counted,
    heapKbPerCycle: (end.heap - warm.heap) / 1024 / counted,
    msPerCycle: wallMs / done,
    cycles: done,
  };
}

/** JavaScript memory that a long history takes; it is only set, not evaluated. */
async function historyHeapMb({ library, model }: OpenedModel): Promise<number> {
  const context = await model.createContext({ contextSize: 512 });
  const contextSequence = context.getSequence();
  const session = new library.LlamaChatSession({ contextSequence, systemPrompt: plainSystemPrompt });
  const before = collected().heap;
  session.setChatHistory(
    Array.from({ length: messages }, (_, at): HistoryItem => {
      const text = `Message ${at} of a long chat about the sea and the harbor.`;
      return at % 2 === 0 ? { type: "user", text } : { type: "model", response: [text] };
    }),
  );
  const used = (collected().heap - before) / megabyte;
  await context.dispose();
  return used;
}

async function overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome> {
  const opened = await openModel(side, settings);
  const budget = startBudget(settings.budgetMs);
  const modelRss = collected().rss / megabyte;
  const oneRss = await rssOf(opened, 1, budget);
  const allRss = await rssOf(opened, sessionsMax, budget);
  const heap = await historyHeapMb(opened);
  const grown = await growth(opened, budget);
  return {
    metrics: {
      modelRssMb: modelRss,
      oneSessionRssMb: oneRss,
      perSessionRssMb: (allRss - oneRss) / (sessionsMax - 1),
      historyHeapMb: heap,
      cycleMs: grown.msPerCycle,
      cycles: grown.cycles,
      // A slope needs a stretch to be one.
      ...(grown.cycles === cycles
        ? { cycleRssKb: grown.rssKbPerCycle, cycleHeapKb: grown.heapKbPerCycle }
        : {}),
    },
    cut: grown.cycles < cycles,
  };
}

export const memory: Workload = {
  id: "B12",
  title: "memory",
  description: `Resident memory with 1 and with ${sessionsMax} sessions of ${contextSize} cells; the heap of a history of ${messages} messages; growth over ${cycles} cycles of sequence, session, prompt and dispose, counted from cycle ${warmCycles} on.`,
  metrics: {
    modelRssMb: { title: "model loaded", unit: "MB", better: "lower" },
    oneSessionRssMb: { title: "with one session", unit: "MB", better: "lower" },
    perSessionRssMb: { title: "each further session", unit: "MB", better: "lower" },
    historyHeapMb: { title: "heap of the long history", unit: "MB", better: "lower" },
    cycleRssKb: { title: "growth a cycle, resident", unit: "KB", better: "lower" },
    cycleHeapKb: { title: "growth a cycle, heap", unit: "KB", better: "lower" },
    cycleMs: { title: "time of a cycle", unit: "ms", better: "lower" },
    cycles: { title: "cycles", unit: "count", better: "none" },
  },
  budgetMs: 400_000,
  overLibrary,
};
