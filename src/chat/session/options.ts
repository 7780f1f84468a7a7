import type { ContextSequence } from "../../engine/context-sequence.ts";
import type { SequenceGrammar } from "../../engine/sequence-grammar.ts";
import type { Token } from "../../engine/token.ts";
import type { MediaLimits } from "../../media/media-source.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import type { ChatWrapper } from "../../template/chat-wrapper.ts";
import type { ChatSessionModelFunctions } from "../functions/chat-session-function.ts";
import type {
  LLamaChatContextShiftOptions,
  LLamaContextualDryRepeatPenalty,
  LLamaContextualRepeatPenalty,
  StopMetadata,
  TextLimitOptions,
  TextSamplingOptions,
} from "../generation/options.ts";
import type { ResponseItem, ResponseListeners } from "../response/response-builder.ts";
import type { LlamaChatResponseFunctionCallParamsChunk } from "../response/response-chunk.ts";

export type LlamaChatSessionContextShiftOptions = Pick<
  LLamaChatContextShiftOptions,
  "size" | "strategy" | "edit" | "media"
>;
export type LlamaChatSessionRepeatPenalty = LLamaContextualRepeatPenalty;
export type LlamaChatSessionDryRepeatPenalty = LLamaContextualDryRepeatPenalty;

export interface LlamaChatSessionOptions<Sequence extends ContextSequence = ContextSequence> {
  /** What the session evaluates on, `context.getSequence()`. */
  contextSequence: Sequence;
  /** Default `"auto"`: chosen by the model. */
  chatWrapper?: "auto" | ChatWrapper;
  /** Default: the one of the chat format. */
  systemPrompt?: string;
  /** Begin with the system prompt even where the format has no system messages. Default `false`. */
  forceAddSystemPrompt?: boolean;
  /** Dispose the sequence together with the session. Default `false`. */
  autoDisposeSequence?: boolean;
  contextShift?: LlamaChatSessionContextShiftOptions;
  /** Bounds of images and sounds in the chat, and whether files and private networks may be read. */
  mediaLimits?: MediaLimits;
}

interface PromptOptions extends TextSamplingOptions, TextLimitOptions, ResponseListeners {
  /** The response begins with this text. */
  responsePrefix?: string;
  /** Most tokens in thoughts and comments. Defaults: three quarters of the context, half of one below 8192 tokens. */
  budgets?: {
    /** `Infinity`: no limit. */
    thoughtTokens?: number;
    /** `Infinity`: no limit. */
    commentTokens?: number;
  };
}

interface GrammarPromptOptions {
  /** Holds the answer to a grammar, such as `await llama.getGrammarFor("json")`. */
  grammar?: SequenceGrammar;
  functions?: never;
  documentFunctionParams?: never;
  maxParallelFunctionCalls?: never;
  onFunctionCallParamsChunk?: never;
  functionErrors?: never;
}

interface FunctionPromptOptions<Functions extends ChatSessionModelFunctions | undefined> {
  grammar?: never;
  /** What the model may call while it answers. */
  functions?: Functions | ChatSessionModelFunctions;
  /** Describe the parameters of the functions to the model. Default `true`. */
  documentFunctionParams?: boolean;
  /** Most calls at once, where the format has parallel calls. Default: no limit. */
  maxParallelFunctionCalls?: number;
  /** The parameters of calls as they are written. */
  onFunctionCallParamsChunk?: (chunk: LlamaChatResponseFunctionCallParamsChunk) => void;
  /**
   * What happens when a handler throws, or returns what JSON cannot hold.
   * - `"throw"` (default): the prompt rejects with the handler's error, and the history is as before.
   * - `"report"`: the model gets `{error: message}` as the result and goes on.
   */
  functionErrors?: "throw" | "report";
}

/** Options of {@link LlamaChatSession.prompt}. */
export type LLamaChatPromptOptions<
  Functions extends ChatSessionModelFunctions | undefined = ChatSessionModelFunctions | undefined,
> = PromptOptions & (GrammarPromptOptions | FunctionPromptOptions<Functions>);

/** Options of {@link LlamaChatSession.completePrompt}. */
export interface LLamaChatCompletePromptOptions extends TextSamplingOptions, TextLimitOptions {
  onTextChunk?: (text: string) => void;
  onToken?: (tokens: Token[]) => void;
  grammar?: SequenceGrammar;
  /** Not called here; pass those of the last prompt, so that their description stays in the context. */
  functions?: ChatSessionModelFunctions;
  documentFunctionParams?: boolean;
  /** Complete as if the model answered. Default `"auto"`: for formats that cannot leave a user message open. */
  completeAsModel?:
    | "auto"
    | boolean
    | { enabled?: "auto" | boolean; appendedMessages?: readonly ChatHistoryItem[] };
}

/** Options of {@link LlamaChatSession.preloadPrompt}. */
export type LLamaChatPreloadPromptOptions = Pick<
  LLamaChatCompletePromptOptions,
  "signal" | "evaluationPriority" | "functions" | "documentFunctionParams"
>;

/** What {@link LlamaChatSession.promptWithMeta} returns. */
export type PromptResult = { response: ResponseItem[]; responseText: string } & StopMetadata;

/** What {@link LlamaChatSession.completePromptWithMeta} returns. */
export type CompletionResult = { completion: string } & StopMetadata;
