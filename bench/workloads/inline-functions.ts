import { type Outcome, type Settings, UnsupportedError, type Workload } from "../runner/protocol.ts";
import type { ContextLike, Library, LibrarySide, ModelLike, SequenceLike } from "../sides/library.ts";
import { openModel } from "./chat.ts";
import { textOfLength } from "./texts.ts";

const calls = 3;
const resultTokens = 20;
const contextSize = 2048;
const maxNewTokens = 200;

interface Reply {
  readonly text: string;
  readonly tokens: readonly number[];
  readonly insertedRanges: readonly { readonly start: number; readonly end: number }[];
  readonly stats: { readonly insertedTokens: number; readonly insertedEvaluatedTokens: number };
  wait(): Promise<string>;
}

interface History {
  readonly tokens: readonly number[];
  append(role: string, content: string): unknown;
  embedChat(): unknown;
}

interface Sequence extends SequenceLike {
  generate(target: readonly number[], options: object): AsyncGenerator<unknown>;
}

/** What this workload needs beyond the interface that both libraries share. */
interface FunctionLibrary extends Library {
  readonly ChatHistory: new (model: ModelLike, options?: object) => History;
  readonly defineBotFunction: (handler: () => string, options: object) => object;
  readonly generate: (sequence: SequenceLike, input: unknown, options: object) => Reply;
}

/** A chat whose answers call three functions each; the small model goes on in the same way. */
function taughtChat(library: FunctionLibrary, model: ModelLike, results: readonly string[]): History {
  const history = new library.ChatHistory(model);
  for (let turn = 0; turn < 3; turn++) {
    history.append("user", "Give me the report.");
    if (turn < 2)
      history.append("bot", results.map((text, n) => `${n + 1}. \`FACT${n + 1}()\` ${text}`).join("\n"));
  }
  return history;
}

/** The same tokens in the same pieces, without anything that looks for calls: milliseconds. */
async function replay(sequence: Sequence, target: readonly number[], reply: Reply): Promise<number> {
  const text = [...target];
  let at = 0;
  const startedAt = performance.now();
  for (const end of [...reply.insertedRanges.map(({ start }) => start), reply.tokens.length]) {
    // One more at the end of the reply: the token that ends it was sampled too.
    const maxTokens = end - at + (end === reply.tokens.length ? 1 : 0);
    const generated = sequence.generate(text, { maxTokens });
    while (!(await generated.next()).done);
    const next = reply.insertedRanges.find(({ start }) => start === end)?.end ?? end;
    text.push(...reply.tokens.slice(at, next));
    at = next;
  }
  return performance.now() - startedAt;
}

async function freshSequence(context: ContextLike, options: object): Promise<Sequence> {
  return context.getSequence(options as Readonly<Record<string, unknown>>) as Sequence;
}

async function overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome> {
  const { library, model, count } = await openModel(side, settings);
  const { generate, ChatHistory, defineBotFunction } = library as FunctionLibrary;
  if (generate == null || ChatHistory == null || defineBotFunction == null)
    throw new UnsupportedError("the library runs no functions within a reply");
  const results = await Promise.all(
    Array.from({ length: calls }, (_, call) =>
      textOfLength(count, "the", resultTokens, settings.seed * 10 + call),
    ),
  );
  const functions = results.map((text, call) => defineBotFunction(() => text, { name: `FACT${call + 1}` }));
  const history = taughtChat(library as FunctionLibrary, model, results);
  const open = async () => {
    const context = await model.createContext({ contextSize });
    return { context, sequence: await freshSequence(context, { drafts: false }) };
  };
  const measureOnce = async () => {
    const first = await open();
    const startedAt = performance.now();
    const reply = generate(first.sequence, history.embedChat(), { functions, maxNewTokens });
    await reply.wait();
    const replyMs = performance.now() - startedAt;
    await first.context.dispose();
    const second = await open();
    const modelMs = await replay(second.sequence, history.tokens, reply);
    await second.context.dispose();
    return { reply, replyMs, modelMs };
  };
  // The first of a process runs code that is not compiled yet, and its replay would not.
  await measureOnce();
  const { reply, replyMs, modelMs } = await measureOnce();
  const made = reply.insertedRanges.length;
  const { insertedTokens, insertedEvaluatedTokens } = reply.stats;
  return {
    metrics: {
      calls: made,
      insertedTokens,
      evaluatedTokens: insertedEvaluatedTokens,
      overheadMs: Math.max(0, replyMs - modelMs) / Math.max(1, made),
      replyMs,
    },
    text: reply.text,
    notes: made === calls ? [] : [`the model made ${made} calls, not ${calls}`],
  };
}

export const inlineFunctions: Workload = {
  id: "B13",
  title: "functions within a reply",
  description: `A reply in which the model calls ${calls} functions, each with a result of about ${resultTokens} tokens. What is evaluated to go on from the results, and what a call costs beyond the model's own time: the same tokens are generated again in the same pieces without looking for calls.`,
  metrics: {
    calls: { title: "calls made", unit: "count", better: "none" },
    insertedTokens: { title: "tokens of the results", unit: "tokens", better: "none" },
    evaluatedTokens: { title: "evaluated to go on", unit: "tokens", better: "lower" },
    overheadMs: { title: "beyond the model, each call", unit: "ms", better: "lower" },
    replyMs: { title: "the whole reply", unit: "ms", better: "lower" },
  },
  overLibrary,
};
