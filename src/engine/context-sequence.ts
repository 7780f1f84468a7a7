import type { GrammarMatcher } from "../grammar/matcher.ts";
import type { GrammarVocabulary } from "../grammar/vocabulary.ts";
import type { SamplingOptions } from "./sampling/options.ts";
import type { NamedTokens, Token, Tokenizer } from "./token.ts";
import type { TokenMeter } from "./token-meter.ts";

/** 1 (lowest) to 5 (highest); 5 is the default of a prompt, completion engines use 1. */
export type EvaluationPriority = 1 | 2 | 3 | 4 | 5;

/**
 * How a change in the middle of what a sequence holds is carried into the cache.
 * - `"exact"` evaluates everything after the change again: the same logits as a fresh context.
 * - `"shift"` moves the cells behind the change to their new positions: only new tokens are evaluated,
 *   but the moved cells were computed while the removed text was still there.
 */
export type EditMode = "exact" | "shift";

/** What chat and template must know of a model: its vocabulary and its metadata, never its pointers. */
export interface LanguageModel {
  readonly tokenizer: Tokenizer;
  readonly tokens: NamedTokens;
  /** Flat GGUF metadata, e.g. `"tokenizer.chat_template"`, `"general.architecture"`. Long arrays are left out. */
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly filename: string | undefined;
  /** Length of context the model was trained for, tokens. */
  readonly trainContextSize: number;
  readonly vocabularySize: number;
  tokenize: Tokenizer;
  detokenize: Tokenizer["detokenize"];
  isSpecialToken(token: Token | undefined): boolean;
  isEogToken(token: Token | undefined): boolean;
  /** The bytes a token stands for; empty for control tokens. */
  tokenBytes(token: Token): Uint8Array;
  /** The vocabulary as grammars see it, where that is faster to read than token after token. */
  grammarVocabulary?(): GrammarVocabulary;
  /** Whether its chats can hold images. Absent: no. */
  readonly supportsImages?: boolean;
  /** What is embedded in texts of this model beside tokens; absent where nothing can be. */
  readonly spans?: { tokensOf(marker: string): readonly Token[] | undefined };
}

/** One token as it comes out of {@link ContextSequence.generate}. */
export interface GeneratedToken {
  readonly token: Token;
  /** The grammar left no other choice: appended without sampling. */
  readonly forced: boolean;
  /** Natural-log probabilities, only with `logprobs`: of this token and of the most probable ones, best first. */
  readonly logprobs?: { readonly token: number; readonly top: readonly (readonly [Token, number])[] };
}

/** Why {@link ContextSequence.generate} ended. */
export interface GenerateFinish {
  /**
   * - `"eog"`: the model wrote an end-of-generation token (`eogToken`), or the grammar allowed nothing but the end
   * - `"length"`: `maxTokens` were generated
   * - `"abort"`: the signal was aborted; what was evaluated is kept
   * - `"contextFull"`: there is no room for one more token; shift the history and call again
   */
  readonly reason: "eog" | "length" | "abort" | "contextFull";
  readonly eogToken?: Token;
}

/** What one evaluation cost. */
export interface EvaluationReport {
  /** Tokens whose cells were already there, at their place. */
  readonly reusedTokens: number;
  /** Tokens whose cells were moved to a new position (`shift` mode). */
  readonly movedTokens: number;
  /** Tokens shared from another sequence or from the prefix cache. */
  readonly sharedTokens: number;
  /** Prompt tokens that went through the model. */
  readonly evaluatedTokens: number;
  /** From the call until the logits of the prompt's last token were there, milliseconds. */
  readonly promptMs: number;
}

export interface EvaluateTargetOptions {
  signal?: AbortSignal;
  /** Default 5. */
  priority?: EvaluationPriority;
  /** Default `"exact"`. */
  edit?: EditMode;
}

export interface GenerateOptions extends EvaluateTargetOptions {
  /** Default: greedy. */
  sampling?: SamplingOptions;
  /** Constrains the tokens; its state advances with every token that is yielded. */
  grammar?: GrammarMatcher;
  /** Default: until the context is full. */
  maxTokens?: number;
  /** Report the log probabilities of this many best tokens with each token. Default 0: none. */
  logprobs?: number;
}

/**
 * A sequence of tokens that a model can continue: the cut between chat and engine. It knows tokens, never roles.
 *
 * Callers always pass the **whole** token list they want evaluated (`target`). The sequence compares it with what its
 * cache holds and evaluates only the difference, so nobody above has to keep books.
 */
export interface ContextSequence {
  readonly model: LanguageModel;
  /** Room of this sequence, tokens. */
  readonly contextSize: number;
  /** What the cache holds now, in order. */
  readonly contextTokens: readonly Token[];
  readonly tokenMeter: TokenMeter;
  readonly lastEvaluation: EvaluationReport | undefined;
  readonly disposed: boolean;

  /**
   * Evaluates `target` and yields generated tokens until the returned finish. Leaving the loop early stops at once.
   * A token is evaluated when the next one is asked for, so the last one yielded is not in the cache yet.
   * Concurrent calls on one sequence run one after the other.
   * @throws ColloquyError `context-overflow` when `target` cannot fit, `disposed`, `native-failure`
   */
  generate(
    target: readonly Token[],
    options?: GenerateOptions,
  ): AsyncGenerator<GeneratedToken, GenerateFinish, void>;

  /** Brings the cache in line with `target`, evaluating what is missing, without generating. */
  preload(target: readonly Token[], options?: EvaluateTargetOptions): Promise<void>;

  /** Forgets everything the cache holds. */
  clearHistory(): Promise<void>;
  dispose(): void | Promise<void>;
}
