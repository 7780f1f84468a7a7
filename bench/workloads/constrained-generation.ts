import type { Outcome, Settings, Workload } from "../runner/protocol.ts";
import type { LibrarySide, LlamaLike, PromptOptions } from "../sides/library.ts";
import { openChat, startBudget } from "./chat.ts";
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
  readonly bytesPerSecond: number;
  readonly text: string;
  /** Fewer tokens than it was given: it ended by itself. */
  readonly ended: boolean;
}

async function overLibrary(side: LibrarySide, settings: Settings): Promise<Outcome> {
  const chat = await openChat(side, settings, { contextSize, systemPrompt: plainSystemPrompt });
  const fresh = chat.session.getChatHistory();
  const { signal } = startBudget(settings.budgetMs);
  const metrics: Record<string, number> = {};
  const notes: string[] = [];
  let [bytes, seconds, freeBytes, freeSeconds, valid, ended] = [0, 0, 0, 0, 0, 0];
  const answer = async (
    prompt: string,
    options: PromptOptions & { grammar?: GrammarLike },
  ): Promise<Answer> => {
    chat.session.setChatHistory(fresh);
    let tokens = 0;
    // From the call on: where a reply begins with forced text, that comes before the prompt is evaluated.
    const before = performance.now();
    const text = await chat.session.prompt(prompt, {
      temperature: 0,
      repeatPenalty: false,
      signal,
      stopOnAbortSignal: true,
      onToken: (given) => {
        tokens += given.length;
      },
      ...options,
    });
    const length = Buffer.byteLength(text);
    const time = (performance.now() - before) / 1000;
    if (options.grammar === undefined) [freeBytes, freeSeconds] = [freeBytes + length, freeSeconds + time];
    else [bytes, seconds] = [bytes + length, seconds + time];
    return { bytesPerSecond: length / time, text, ended: tokens < options.maxTokens! };
  };
  for (const [name, { schema, prompt }] of Object.entries(generationSchemas)) {
    const free = await answer(prompt, { maxTokens: freeTokens });
    const before = performance.now();
    const grammar = await (chat.llama as ConstrainingLlama).createGrammarForJsonSchema(schema);
    const compileMs = performance.now() - before;
    const held = await answer(prompt, { maxTokens: tokensMax, grammar });
    if (held.ended) {
      ended++;
      try {
        grammar.parse(held.text);
        valid++;
      } catch (error) {
        notes.push(`${name}: ${String(error).slice(0, 120)}`);
      }
    }
    notes.push(
      `${name}: ${Math.round(held.bytesPerSecond)} bytes/s, unconstrained ${Math.round(free.bytesPerSecond)}, compiled in ${compileMs.toFixed(1)} ms${held.ended ? "" : ", cut short"}`,
    );
    if (signal.aborted) break;
  }
  metrics.bytesPerSecond = bytes / seconds;
  metrics.freeBytesPerSecond = freeBytes / freeSeconds;
  metrics.ratio = metrics.bytesPerSecond / metrics.freeBytesPerSecond;
  metrics.ended = ended;
  metrics.valid = valid;
  return { metrics, notes, cut: signal.aborted };
}

export const constrainedGeneration: Workload = {
  id: "B4",
  title: "constrained generation",
  description: `Six schemas, greedy, at most ${tokensMax} tokens each, beside ${freeTokens} unconstrained tokens to the same prompt. Bytes count, not tokens: forced text is cut into tokens differently.`,
  metrics: {
    bytesPerSecond: { title: "bytes per second, constrained", unit: "count", better: "higher" },
    freeBytesPerSecond: { title: "bytes per second, unconstrained", unit: "count", better: "none" },
    ratio: { title: "constrained against unconstrained", unit: "ratio", better: "higher" },
    ended: { title: "replies that came to an end", unit: "count", better: "none" },
    valid: { title: "of these valid", unit: "count", better: "higher" },
  },
  overLibrary,
};
