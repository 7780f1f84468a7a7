import type { Outcome, Settings, Workload } from "../runner/protocol.ts";
import type { ContextLike, HistoryItem, LibrarySide, SequenceLike, SessionLike } from "../sides/library.ts";
import { type Budget, type OpenedModel, openModel, startBudget, timedPrompt } from "./chat.ts";
import { divergence, type ScoringSequence } from "./divergence.ts";
import { textOfLength, userText } from "./texts.ts";

const turns = 20;
const userTokens = 30;
const answerTokens = 60;
/** Tokens over which a chat with moved cells is compared with one that was read anew. */
const comparedTokens = 64;
const contextSize = 3072;
const systemPrompt = "You are a storyteller.";

/** Position of a turn's user message: the system message comes first, then two messages a turn. */
const userAt = (turn: number) => 1 + 2 * turn;

interface Edit {
  readonly name: string;
  readonly title: string;
  /** By moving cells instead of evaluating the tail again; only where a side offers it. */
  readonly shift: boolean;
  apply(history: readonly HistoryItem[]): HistoryItem[];
}

function without(history: readonly HistoryItem[], from: number, count: number): HistoryItem[] {
  return [...history.slice(0, from), ...history.slice(from + count)];
}

const newTurn: readonly HistoryItem[] = [
  { type: "user", text: "And where is the key of the old library?" },
  { type: "model", response: ["It lies under the third stone of the bridge, as the captain said."] },
];

function rewriteFirst(history: readonly HistoryItem[]): HistoryItem[] {
  return history.map((item, at) =>
    at === userAt(0) ? { type: "user", text: "Begin with the island." } : item,
  );
}

function removeTurn(turn: number): (history: readonly HistoryItem[]) => HistoryItem[] {
  return (history) => without(history, userAt(turn), 2);
}

function insertAt(turn: number): (history: readonly HistoryItem[]) => HistoryItem[] {
  return (history) => [...history.slice(0, userAt(turn)), ...newTurn, ...history.slice(userAt(turn))];
}

/** Each begins at the same chat of twenty turns; `append` changes nothing and is what the others compare with. */
const edits: readonly Edit[] = [
  { name: "append", title: "no edit", shift: false, apply: (history) => [...history] },
  { name: "undo", title: "last turn undone", shift: false, apply: (history) => history.slice(0, -2) },
  { name: "removeMiddle", title: "turn in the middle removed", shift: false, apply: removeTurn(10) },
  { name: "editFirst", title: "first user message rewritten", shift: false, apply: rewriteFirst },
  { name: "insert", title: "turn inserted in the middle", shift: false, apply: insertAt(10) },
  { name: "shiftRemove", title: "turn in the middle removed, shift", shift: true, apply: removeTurn(9) },
  { name: "shiftEditFirst", title: "first message rewritten, shift", shift: true, apply: rewriteFirst },
  { name: "shiftInsert", title: "turn inserted, shift", shift: true, apply: insertAt(9) },
];

interface Bench {
  readonly opened: OpenedModel;
  readonly side: LibrarySide;
  readonly context: ContextLike;
  readonly base: HistoryItem[];
  readonly question: string;
  readonly budget: Budget;
}

async function baseHistory({ count }: OpenedModel): Promise<HistoryItem[]> {
  const history: HistoryItem[] = [{ type: "system", text: systemPrompt }];
  for (let turn = 0; turn < turns; turn++) {
    const answer = await textOfLength(count, "Once upon a time:", answerTokens, 2000 + turn);
    history.push({ type: "user", text: await userText(count, turn, userTokens) });
    history.push({ type: "model", response: [answer] });
  }
  return history;
}

/** One token is enough: what is measured is the way to it. */
async function ask(bench: Bench, session: SessionLike, meter: () => number) {
  const before = meter();
  const { firstTextMs } = await timedPrompt(session, bench.question, {
    maxTokens: 1,
    signal: bench.budget.signal,
  });
  return { tokens: meter() - before, ms: firstTextMs };
}

function meterOf(sequence: SequenceLike): () => number {
  return () => sequence.tokenMeter.usedInputTokens + sequence.tokenMeter.usedOutputTokens;
}

/** A session whose cache holds the base chat; the cache of an earlier one is not to help it. */
async function loadBase(bench: Bench, options: Readonly<Record<string, unknown>>): Promise<SessionLike> {
  const contextSequence = bench.context.getSequence(options);
  const session = new bench.opened.library.LlamaChatSession({ contextSequence, systemPrompt });
  session.setChatHistory(bench.base);
  await timedPrompt(session, "Where are we?", { maxTokens: 1, signal: bench.budget.signal });
  return session;
}

async function takeEdit(bench: Bench, edit: Edit): Promise<Record<string, number>> {
  const { session, costs } = await editAndAsk(bench, edit);
  await session.sequence.dispose();
  return costs;
}

async function editAndAsk(bench: Bench, edit: Edit) {
  const session = await loadBase(bench, edit.shift ? bench.side.shiftOptions! : {});
  const meter = meterOf(session.sequence);
  session.setChatHistory(edit.apply(session.getChatHistory()));
  const cost = await ask(bench, session, meter);
  return { session, costs: { [`${edit.name}Tokens`]: cost.tokens, [`${edit.name}Ms`]: cost.ms } };
}

/** What moved cells cost in quality. */
async function compareWithFresh(bench: Bench, edit: Edit): Promise<Record<string, number>> {
  const { opened } = bench;
  const moved = (await editAndAsk(bench, edit)).session.sequence;
  // A context of its own, so that no moved cell can be shared.
  const context = await opened.model.createContext({ contextSize });
  const fresh = context.getSequence() as ScoringSequence;
  const target = [...moved.contextTokens];
  const { kl, top1 } = await divergence(moved as ScoringSequence, fresh, target, comparedTokens);
  await context.dispose();
  await moved.dispose();
  return { [`${edit.name}Kl`]: kl, [`${edit.name}Top1`]: top1 };
}

/** The last question once more: its answer is thrown away, and the model answers again. */
async function regenerate(bench: Bench): Promise<Record<string, number>> {
  const session = await loadBase(bench, {});
  const meter = meterOf(session.sequence);
  const history = session.getChatHistory();
  const last = history.at(-2);
  session.setChatHistory(history.slice(0, -2));
  const again = { ...bench, question: last?.type === "user" ? last.text : bench.question };
  const cost = await ask(again, session, meter);
  await session.sequence.dispose();
  return { regenerateTokens: cost.tokens, regenerateMs: cost.ms };
}

/** From the call of fork until the copy has answered. */
async function fork(bench: Bench): Promise<Record<string, number>> {
  const session = await loadBase(bench, {});
  const before = performance.now();
  const copy = await bench.side.fork(bench.opened.library, session, bench.context);
  const forkMs = performance.now() - before;
  const cost = await ask(bench, copy, meterOf(copy.sequence));
  await copy.sequence.dispose();
  await session.sequence.dispose();
  return { forkTokens: cost.tokens, forkMs: forkMs + cost.ms };
}

async function overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome> {
  const opened = await openModel(side, settings);
  const budget = startBudget(settings.budgetMs);
  const base = await baseHistory(opened);
  const question = "What happens next?";
  const metrics: Record<string, number> = {};
  const shifts = side.shiftOptions == null ? [] : edits.filter(({ shift }) => shift);
  // What every side does comes first, what only measures quality last: a small budget cuts the least of it.
  const steps: ((bench: Bench) => Promise<Record<string, number>>)[] = [
    regenerate,
    fork,
    ...[...edits.filter(({ shift }) => !shift), ...shifts].map(
      (edit) => (bench: Bench) => takeEdit(bench, edit),
    ),
    ...shifts.map((edit) => (bench: Bench) => compareWithFresh(bench, edit)),
  ];
  for (const step of steps) {
    // A context of its own for each: nothing that an earlier step left can be shared.
    const context = await opened.model.createContext({ contextSize, sequences: 2 });
    const taken = await step({ opened, side, context, base, question, budget });
    if (budget.spent) return { metrics, cut: true };
    Object.assign(metrics, taken);
    await context.dispose();
  }
  return { metrics };
}

const timed = (name: string, title: string): [string, Workload["metrics"][string]][] => [
  [`${name}Tokens`, { title: `${title}: evaluated`, unit: "tokens", better: "lower" }],
  [`${name}Ms`, { title: `${title}: next first text`, unit: "ms", better: "lower" }],
];

const compared = (name: string, title: string): [string, Workload["metrics"][string]][] => [
  [`${name}Kl`, { title: `${title}: KL against a fresh context`, unit: "nats", better: "lower" }],
  [`${name}Top1`, { title: `${title}: same best token`, unit: "ratio", better: "higher" }],
];

export const historyEdits: Workload = {
  id: "B8",
  title: "edits of the history",
  description: `A chat of ${turns} turns, about ${turns * (userTokens + answerTokens + 10)} tokens, is edited, then asked a short question: what that evaluates, the question included, and how long it takes. Sides without a fork or a shift reach the same history by setChatHistory. After edits by moving cells, the next ${comparedTokens} greedy tokens of a fresh context are scored by both.`,
  metrics: Object.fromEntries([
    ...edits.flatMap((edit) => timed(edit.name, edit.title)),
    ...edits.filter(({ shift }) => shift).flatMap((edit) => compared(edit.name, edit.title)),
    ...timed("regenerate", "last answer regenerated"),
    ...timed("fork", "forked"),
  ]),
  budgetMs: 300_000,
  overLibrary,
};
