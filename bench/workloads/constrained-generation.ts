import type { Outcome, Settings, Workload } from "../runner/protocol.ts";
import type { LibrarySide, LlamaLike, PromptOptions } from "../sides/library.ts";
import { type Budget, type OpenedChat, openChat, startBudget, timedPrompt } from "./chat.ts";
import { generationSchemas } from "./constrained-corpus.ts";
import { plainSystemPrompt } from "./texts.ts";

const tokensMax = 400;
const freeTokens = 100;
const contextSize = 2048;

interface GrammarLike {
  parse(text: string): unknown;
}
interface ConstrainingLlama extends LlamaLike {
  createGrammarForJsonSchema(schema: object): Promise<GrammarLike>;
}

interface Answer {
  readonly bytes: number;
  readonly seconds: number;
  readonly text: string;
  /** Fewer tokens than it was given: it ended by itself. */
  readonly ended: boolean;
}

/** A reply, or `undefined` when the budget ran out before it was through: what was broken off is not counted. */
async function answer(
  chat: OpenedChat,
  budget: Budget,
  prompt: string,
  options: PromptOptions & { readonly maxTokens: number; readonly grammar?: GrammarLike },
): Promise<Answer | undefined> {
  const { text, totalMs, tokenAtMs } = await timedPrompt(chat.session, prompt, {
    ...options,
    signal: budget.signal,
  });
  if (budget.spent) return undefined;
  return {
    bytes: Buffer.byteLength(text),
    seconds: totalMs / 1000,
    text,
    ended: tokenAtMs.length < options.maxTokens,
  };
}

function bytesPerSecond(answers: readonly Answer[]): number {
  const sum = (of: (answer: Answer) => number) => answers.reduce((total, each) => total + of(each), 0);
  return sum(({ bytes }) => bytes) / sum(({ seconds }) => seconds);
}

function isValid(grammar: GrammarLike, text: string): boolean {
  try {
    grammar.parse(text);
    return true;
  } catch {
    return false;
  }
}

async function overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome> {
  const chat = await openChat(side, settings, { contextSize, systemPrompt: plainSystemPrompt });
  const fresh = chat.session.getChatHistory();
  const budget = startBudget(settings.budgetMs);
  const notes: string[] = [];
  const replies: { readonly free: Answer; readonly held: Answer; readonly valid: boolean }[] = [];
  const ask = async (
    prompt: string,
    options: PromptOptions & { maxTokens: number; grammar?: GrammarLike },
  ) => {
    chat.session.setChatHistory(fresh);
    return answer(chat, budget, prompt, options);
  };
  // The first grammar pays for what is made once for a vocabulary.
  const beforeFirst = performance.now();
  const first = await (chat.llama as ConstrainingLlama).createGrammarForJsonSchema({ type: "boolean" });
  await ask("Is the sky blue? Answer with true or false.", { maxTokens: 4, grammar: first });
  const firstMs = performance.now() - beforeFirst;
  for (const [name, { schema, prompt }] of Object.entries(generationSchemas)) {
    // Not measured: both replies that are find the prompt evaluated, so neither pays for it.
    await ask(prompt, { maxTokens: 1 });
    const free = await ask(prompt, { maxTokens: freeTokens });
    const before = performance.now();
    const grammar = await (chat.llama as ConstrainingLlama).createGrammarForJsonSchema(schema);
    const compileMs = performance.now() - before;
    const held = await ask(prompt, { maxTokens: tokensMax, grammar });
    if (free === undefined || held === undefined) break;
    const valid = held.ended && isValid(grammar, held.text);
    replies.push({ free, held, valid });
    notes.push(
      `${name}: ${Math.round(bytesPerSecond([held]))} bytes/s, unconstrained ${Math.round(bytesPerSecond([free]))}, ` +
        `compiled in ${compileMs.toFixed(1)} ms${held.ended ? (valid ? "" : ", not valid") : ", cut short"}`,
    );
  }
  const metrics: Record<string, number> = { schemas: replies.length, firstMs };
  if (replies.length > 0) {
    metrics.bytesPerSecond = bytesPerSecond(replies.map(({ held }) => held));
    metrics.freeBytesPerSecond = bytesPerSecond(replies.map(({ free }) => free));
    metrics.ratio = metrics.bytesPerSecond / metrics.freeBytesPerSecond;
    metrics.ended = replies.filter(({ held }) => held.ended).length;
    metrics.valid = replies.filter(({ valid }) => valid).length;
  }
  return { metrics, notes, cut: budget.spent };
}

export const constrainedGeneration: Workload = {
  id: "B4",
  title: "constrained generation",
  description: `Six schemas, greedy, at most ${tokensMax} tokens each, beside ${freeTokens} unconstrained tokens to the same prompt, which is evaluated before both; before them one word under a grammar, for what is made once. Bytes count, not tokens: forced text is cut into tokens differently. A side that runs out of its budget is measured on the schemas it got through.`,
  budgetMs: 240_000,
  metrics: {
    bytesPerSecond: { title: "bytes per second, constrained", unit: "count", better: "higher" },
    freeBytesPerSecond: { title: "bytes per second, unconstrained", unit: "count", better: "none" },
    ratio: { title: "constrained against unconstrained", unit: "ratio", better: "higher" },
    firstMs: { title: "first constrained reply, of one word", unit: "ms", better: "lower" },
    schemas: { title: "schemas it got through", unit: "count", better: "none" },
    ended: { title: "replies that came to an end", unit: "count", better: "none" },
    valid: { title: "of these valid", unit: "count", better: "higher" },
  },
  overLibrary,
};
