import type { EditMode, EvaluationPriority } from "../../engine/context-sequence.ts";
import type { DryRepeatPenaltyOptions, TokenBiasInput, XtcOptions } from "../../engine/sampling/options.ts";
import type { SequenceGrammar, StopTrigger } from "../../engine/sequence-grammar.ts";
import type { Token, Tokenizer } from "../../engine/token.ts";
import type { ChatHistoryItem, ChatMedia, ChatModelFunctions } from "../../template/chat-history-items.ts";
import type { ChatWrapper } from "../../template/chat-wrapper.ts";
import type { LlamaTextJSON } from "../../template/llama-text.ts";
import type { ResponseItem, ResponseListeners } from "../response/response-builder.ts";
import type { LlamaChatResponseFunctionCallParamsChunk } from "../response/response-chunk.ts";

/** Punishes tokens that the reply has used lately. Off unless one of the three strengths is given. */
export interface LLamaContextualRepeatPenalty {
  /** How many of the reply's last tokens count. Default 64. */
  lastTokens?: number;
  /** Chooses which of them are punished. */
  punishTokensFilter?: (tokens: Token[]) => Token[];
  /** Whether new lines are punished too. Default `false`. */
  penalizeNewLine?: boolean;
  /** Divides positive logits and multiplies negative ones. Default 1: off. */
  penalty?: number;
  /** Subtracted from the logit once for each occurrence. Default 0. */
  frequencyPenalty?: number;
  /** Subtracted from the logit once. Default 0. */
  presencePenalty?: number;
}

export type LLamaContextualDryRepeatPenalty = DryRepeatPenaltyOptions;

/** How tokens are chosen; shared by prompts, completions and infills. */
export interface TextSamplingOptions {
  /** 0 (default) always takes the most probable token. */
  temperature?: number;
  /** Drop tokens less probable than `minP` times the best. Default 0: off. */
  minP?: number;
  /** Keep the most probable tokens. Default 40; 0 is off. */
  topK?: number;
  /** Keep the smallest set of tokens whose probabilities reach this. Default 0.95; 1 is off. */
  topP?: number;
  /** Makes draws repeatable. Default: random. */
  seed?: number;
  xtc?: XtcOptions;
  /** `false`: off. Default: off. */
  repeatPenalty?: false | LLamaContextualRepeatPenalty;
  /** Default: off. */
  dryRepeatPenalty?: LLamaContextualDryRepeatPenalty;
  tokenBias?: TokenBiasInput;
  /** 1 (lowest) to 5 (default). */
  evaluationPriority?: EvaluationPriority;
}

/** Limits and ends of a generated text. */
export interface TextLimitOptions {
  /** Stops the generation; the call then throws the signal's reason. */
  signal?: AbortSignal;
  /** When the signal is aborted after the text has begun, return what is there instead of throwing. Default `false`. */
  stopOnAbortSignal?: boolean;
  /** Most tokens that are generated. Default: no limit. */
  maxTokens?: number;
  /** Drop white space at the end of the text. Default `false`. */
  trimWhitespaceSuffix?: boolean;
  /** Texts that end the generation. They are not part of the text. */
  customStopTriggers?: readonly StopTrigger[];
}

/** What a context shift strategy gets. */
export interface ContextShiftStrategyInput {
  chatHistory: ChatHistoryItem[];
  /** The rendered result must not be longer, tokens. */
  maxTokensCount: number;
  tokenizer: Tokenizer;
  chatWrapper: ChatWrapper;
  /** What the strategy returned as `metadata` the last time. */
  lastShiftMetadata?: object | null;
}

export interface LLamaChatContextShiftOptions {
  /** How much room a shift makes, tokens. Default: a tenth of the context. */
  size?: number | ((sequence: { readonly contextSize: number }) => number | Promise<number>);
  /**
   * Which messages leave. Default `"eraseFirstResponseAndKeepFirstSystem"`: the oldest turns, whole; system prompt
   * and pinned messages stay.
   */
  strategy?:
    | "eraseFirstResponseAndKeepFirstSystem"
    | ((input: ContextShiftStrategyInput) => ContextShiftResult | Promise<ContextShiftResult>);
  /**
   * What becomes of images and sounds on a shift by the default strategy. `"leave"` (default): they leave with their
   * turn. `"stub"`: before any turn leaves, the oldest ones are replaced by `[image]` or `[sound]`, so that what was said
   * about them stays; a function makes another text. The chat history keeps them; those of the last turn and of pinned
   * messages are not replaced.
   */
  media?: "leave" | "stub" | ((media: ChatMedia) => string);
  /** `metadata` of the last shift of this chat. */
  lastEvaluationMetadata?: object | null;
  /**
   * How a shift reaches the cache. `"shift"` (default) moves the cells of the messages that stay, so that next to nothing
   * is evaluated again; they were computed while the older messages were still there. `"exact"` evaluates what stays
   * again, as a fresh context would. Models whose cells cannot move are always exact.
   */
  edit?: EditMode;
}

export interface ContextShiftResult {
  chatHistory: ChatHistoryItem[];
  metadata?: object | null;
}

export interface LLamaChatGenerateResponseOptions
  extends TextSamplingOptions,
    TextLimitOptions,
    ResponseListeners {
  /** Holds the answer to a grammar. Together with `functions`: the response is a call, or an answer that fits. */
  grammar?: SequenceGrammar;
  functions?: ChatModelFunctions;
  /** Describe the parameters of the functions to the model. Default `true`. */
  documentFunctionParams?: boolean;
  /** Most calls at once, where the format has parallel calls. Default: no limit. */
  maxParallelFunctionCalls?: number;
  /** Called when a call is complete, before further calls are written. */
  onFunctionCall?: (call: LlamaChatResponseFunctionCall) => void;
  onFunctionCallParamsChunk?: (chunk: LlamaChatResponseFunctionCallParamsChunk) => void;
  /** Most tokens in segments. Defaults: three quarters of the context, half of one below 8192 tokens. */
  budgets?: {
    /** Count what the response holds already. Default `true`. */
    includeCurrentResponse?: boolean;
    thoughtTokens?: number;
    commentTokens?: number;
  };
  contextShift?: LLamaChatContextShiftOptions;
  /** What the sequence held of this chat after the last response, to go on from there. */
  lastEvaluationContextWindow?: {
    history?: readonly ChatHistoryItem[];
    /** Accepted and without effect: the window is compared token by token. */
    minimumOverlapPercentageToPreventContextShift?: number;
    /** `edit` of the last evaluation. Default: the sequence's. */
    edit?: EditMode;
  };
  /** End the response where anything but text begins. Default `false`. */
  abortOnNonText?: boolean;
}

export interface LlamaChatResponseFunctionCall {
  functionName: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the function's schema describes
  params: any;
  /** The call as it stands in the context. */
  raw: LlamaTextJSON;
}

export type StopReason =
  | "eogToken"
  | "stopGenerationTrigger"
  | "functionCalls"
  | "maxTokens"
  | "abort"
  | "customStopTrigger";

export type StopMetadata =
  | {
      stopReason: Exclude<StopReason, "customStopTrigger">;
      remainingGenerationAfterStop?: string | Token[];
      customStopTrigger?: undefined;
    }
  | {
      stopReason: "customStopTrigger";
      customStopTrigger: (string | Token)[];
      remainingGenerationAfterStop?: string | Token[];
    };

export interface LastEvaluation {
  /** The history with the response. */
  cleanHistory: ChatHistoryItem[];
  /** What the context holds of it. */
  contextWindow: ChatHistoryItem[];
  contextShiftMetadata: object | null;
  /** How the next evaluation of this window should reach the cache; set once the context was shifted. */
  edit?: EditMode;
}

export interface LlamaChatResponse {
  /** The text without segments and calls. */
  response: string;
  fullResponse: ResponseItem[];
  functionCalls?: LlamaChatResponseFunctionCall[];
  lastEvaluation: LastEvaluation;
  metadata: StopMetadata;
}
