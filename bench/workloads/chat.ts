import type { Settings } from "../runner/protocol.ts";
import type {
  ContextLike,
  Library,
  LibrarySide,
  LlamaLike,
  ModelLike,
  PromptOptions,
  SequenceLike,
  SessionLike,
} from "../sides/library.ts";
import type { CountTokens } from "./texts.ts";

export interface OpenedModel {
  readonly library: Library;
  readonly llama: LlamaLike;
  readonly model: ModelLike;
  readonly count: CountTokens;
}

export async function openModel(side: LibrarySide, settings: Settings): Promise<OpenedModel> {
  const library = await side.load();
  const llama = await library.getLlama(side.llamaOptions(settings.threads));
  const model = await llama.loadModel({ modelPath: settings.modelPath });
  return { library, llama, model, count: async (text) => model.tokenize(text).length };
}

export interface OpenedChat extends OpenedModel {
  readonly context: ContextLike;
  readonly sequence: SequenceLike;
  readonly session: SessionLike;
}

export interface ChatOptions {
  /** Tokens of each sequence. */
  readonly contextSize: number;
  readonly sequences?: number;
  /** Given the model's count, so that it can be cut to a length. */
  readonly systemPrompt: string | ((count: CountTokens) => Promise<string>);
  readonly sequenceOptions?: (library: Library) => Readonly<Record<string, unknown>>;
}

export async function openChat(
  side: LibrarySide,
  settings: Settings,
  options: ChatOptions,
): Promise<OpenedChat> {
  const opened = await openModel(side, settings);
  const { library, model, count } = opened;
  const { contextSize, sequences = 1 } = options;
  const context = await model.createContext({ contextSize, sequences });
  const sequence = context.getSequence(options.sequenceOptions?.(library));
  const systemPrompt =
    typeof options.systemPrompt === "string" ? options.systemPrompt : await options.systemPrompt(count);
  const session = new library.LlamaChatSession({ contextSequence: sequence, systemPrompt });
  return { ...opened, context, sequence, session };
}

export interface TimedAnswer {
  readonly text: string;
  /** From the call to the first piece of text. NaN when there was none. */
  readonly firstTextMs: number;
  readonly totalMs: number;
  /** When each token came, milliseconds after the call. */
  readonly tokenAtMs: readonly number[];
  /** `performance.now()` of the call. */
  readonly startedAt: number;
}

/** What a prompt needs besides its text: greedy, without penalties, both said aloud. */
const greedy: PromptOptions = { temperature: 0, repeatPenalty: false, stopOnAbortSignal: true };

/** An abort before the first token is an error by the interface; here it is an empty answer. */
async function promptOrStop(session: SessionLike, text: string, options: PromptOptions): Promise<string> {
  try {
    return await session.prompt(text, options);
  } catch (error) {
    if (options.signal?.aborted) return "";
    throw error;
  }
}

export async function timedPrompt(
  session: SessionLike,
  text: string,
  options: PromptOptions & { readonly maxTokens: number },
): Promise<TimedAnswer> {
  const tokenAtMs: number[] = [];
  let firstTextMs = Number.NaN;
  const startedAt = performance.now();
  const answer = await promptOrStop(session, text, {
    ...greedy,
    ...options,
    onToken(tokens) {
      const at = performance.now() - startedAt;
      for (let each = 0; each < tokens.length; each++) tokenAtMs.push(at);
      options.onToken?.(tokens);
    },
    onTextChunk(chunk) {
      if (Number.isNaN(firstTextMs)) firstTextMs = performance.now() - startedAt;
      options.onTextChunk?.(chunk);
    },
  });
  return { text: answer, firstTextMs, totalMs: performance.now() - startedAt, tokenAtMs, startedAt };
}

/** A budget of time for a sample. */
export interface Budget {
  readonly signal: AbortSignal;
  readonly spent: boolean;
  leftMs(): number;
}

export function startBudget(milliseconds: number): Budget {
  const end = performance.now() + milliseconds;
  const signal = AbortSignal.timeout(milliseconds);
  return {
    signal,
    get spent() {
      return signal.aborted;
    },
    leftMs: () => Math.max(0, end - performance.now()),
  };
}
