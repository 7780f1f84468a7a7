import { UnsupportedError } from "../runner/protocol.ts";

/**
 * The part of the programming interface that both libraries share, by name and by meaning, as far as the workloads
 * use it. Declared here and not imported, so that neither of them has to be installed for the type check.
 */
export interface Library {
  getLlama(options: Readonly<Record<string, unknown>>): Promise<LlamaLike>;
  readonly LlamaChatSession: new (options: SessionOptions) => SessionLike;
  readonly InputLookupTokenPredictor?: new () => object;
}

export interface SessionOptions {
  readonly contextSequence: SequenceLike;
  readonly systemPrompt?: string;
}

export interface LlamaLike {
  loadModel(options: { modelPath: string }): Promise<ModelLike>;
  dispose(): Promise<void>;
}

export interface ModelLike {
  tokenize(text: string, specialTokens?: boolean): readonly number[];
  detokenize(tokens: readonly number[], specialTokens?: boolean): string;
  createContext(options: { contextSize: number; sequences?: number; threads?: number }): Promise<ContextLike>;
  dispose(): Promise<void>;
}

export interface ContextLike {
  getSequence(options?: Readonly<Record<string, unknown>>): SequenceLike;
  dispose(): Promise<void>;
}

export interface SequenceLike {
  readonly contextTokens: readonly number[];
  readonly tokenMeter: { readonly usedInputTokens: number; readonly usedOutputTokens: number };
  dispose(): void | Promise<void>;
}

export interface PromptOptions {
  readonly maxTokens?: number;
  readonly temperature?: number;
  readonly repeatPenalty?: false | Readonly<Record<string, number>>;
  readonly signal?: AbortSignal;
  readonly stopOnAbortSignal?: boolean;
  readonly onToken?: (tokens: readonly number[]) => void;
  readonly onTextChunk?: (text: string) => void;
}

export type HistoryItem =
  | { readonly type: "system"; readonly text: unknown }
  | { readonly type: "user"; readonly text: string }
  | { readonly type: "model"; readonly response: readonly unknown[] };

export interface SessionLike {
  readonly sequence: SequenceLike;
  prompt(text: string, options?: PromptOptions): Promise<string>;
  getChatHistory(): HistoryItem[];
  setChatHistory(history: HistoryItem[]): void;
  dispose(): void;
}

/** A library as a side of the comparison: the shared interface, and the few things that differ. */
export interface LibrarySide {
  readonly name: string;
  /** Imports the library: nothing of it is loaded before. */
  load(): Promise<Library>;
  llamaOptions(threads: number): Readonly<Record<string, unknown>>;
  /**
   * Options of `getSequence` that turn drafts from the context's own tokens on.
   * @throws UnsupportedError when the library has none
   */
  draftOptions(library: Library): Readonly<Record<string, unknown>>;
  /** Options of `getSequence` that turn drafts off, where they are on by default. */
  readonly noDraftOptions?: Readonly<Record<string, unknown>>;
  /** Options of `getSequence` for edits that move cells instead of evaluating the tail again, where that exists. */
  readonly shiftOptions?: Readonly<Record<string, unknown>>;
  /** A second session that stands where `session` stands, on a sequence of its own, by the best way there is. */
  fork(library: Library, session: SessionLike, context: ContextLike): Promise<SessionLike>;
  about(): string;
}

/** Both meters count each evaluated token once: as output when its logits were asked for, else as input. */
export function meteredTokens({ tokenMeter }: SequenceLike): number {
  return tokenMeter.usedInputTokens + tokenMeter.usedOutputTokens;
}

export function lookupDrafts(library: Library): Readonly<Record<string, unknown>> {
  const { InputLookupTokenPredictor } = library;
  if (InputLookupTokenPredictor == null) throw new UnsupportedError("the library has no drafts");
  return { tokenPredictor: new InputLookupTokenPredictor() };
}
