export type {
  LLamaChatLoadAndCompleteUserMessageOptions,
  LlamaChatLoadAndCompleteUserResponse,
} from "./completion/complete-user-message.ts";
export {
  type CompletionInput,
  LlamaCompletion,
  type LlamaCompletionGenerationOptions,
  type LlamaCompletionOptions,
  type LlamaCompletionResponse,
  type LlamaInfillGenerationOptions,
} from "./completion/llama-completion.ts";
export {
  type ChatSessionModelFunction,
  type ChatSessionModelFunctions,
  defineChatSessionFunction,
} from "./functions/chat-session-function.ts";
export { LlamaChat, type LlamaChatOptions } from "./generation/llama-chat.ts";
export type {
  ContextShiftResult,
  ContextShiftStrategyInput,
  LLamaChatContextShiftOptions,
  LLamaChatGenerateResponseOptions,
  LLamaContextualDryRepeatPenalty,
  LLamaContextualRepeatPenalty,
  LlamaChatResponse,
  LlamaChatResponseFunctionCall,
} from "./generation/options.ts";
export { appendUserMessageToChatHistory } from "./history/append-user-message.ts";
export { ChatHistory } from "./history/chat-history.ts";
export type { ChatHistoryOptions, KvCache, ResetOptions } from "./history/chat-history-options.ts";
export { ChatMessage, type ChatMessageOptions } from "./history/chat-message.ts";
export type { ContentInput, ContentPart } from "./history/content-part.ts";
export type { ContentType } from "./history/content-type.ts";
export type { EmbedChatOptions, EmbeddedChat } from "./history/embed-chat.ts";
export type {
  LlamaChatResponseChunk,
  LlamaChatResponseFunctionCallParamsChunk,
  LlamaChatResponseSegment,
  LlamaChatResponseSegmentChunk,
  LlamaChatResponseTextChunk,
} from "./response/response-chunk.ts";
export { LlamaChatSession } from "./session/llama-chat-session.ts";
export type {
  CompletionResult,
  LLamaChatCompletePromptOptions,
  LLamaChatPreloadPromptOptions,
  LLamaChatPromptOptions,
  LlamaChatSessionContextShiftOptions,
  LlamaChatSessionDryRepeatPenalty,
  LlamaChatSessionOptions,
  LlamaChatSessionRepeatPenalty,
  PromptResult,
} from "./session/options.ts";
export {
  type LLamaChatPromptCompletionEngineOptions,
  LlamaChatSessionPromptCompletionEngine,
} from "./session/prompt-completion-engine.ts";
export type { PromptMedia, PromptPart, SessionPrompt } from "./session/prompt-part.ts";
export { generate } from "./streaming/generate.ts";
export {
  type ChatModelOptions,
  createChatModel,
  type FromPretrainedOptions,
  type GenerateReplyOptions,
  NanoLLM,
} from "./streaming/nano-llm.ts";
export type { ReplyOptions } from "./streaming/reply-options.ts";
export type { InsertedRange } from "./streaming/reply-record.ts";
export type { ReplyInput } from "./streaming/reply-target.ts";
export { SequenceCache } from "./streaming/sequence-cache.ts";
export { type ReplyStats, StreamingResponse } from "./streaming/streaming-response.ts";
export type { ReplyStopReason } from "./streaming/write-reply.ts";
