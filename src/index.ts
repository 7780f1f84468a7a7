// errors
export {
  ColloquyError,
  DisposedError,
  type ErrorCode,
  InsufficientMemoryError,
  InvalidArgumentError,
  NoBinaryFoundError,
  UnsupportedError,
} from "./base/errors.ts";
export { getModuleVersion } from "./base/module-version.ts";
// chat
export {
  type BotFunction,
  type BotFunctionOptions,
  defineBotFunction,
} from "./chat/bot-functions/bot-function.ts";
export { BotFunctionSet } from "./chat/bot-functions/bot-function-set.ts";
export { BotFunctions } from "./chat/bot-functions/bot-functions.ts";
export { createInlineCallRunner } from "./chat/bot-functions/inline-call-runner.ts";
export { botFunction } from "./chat/bot-functions/register-bot-function.ts";
export * from "./chat/index.ts";
// engine
export type { KvCacheType, LlamaContextOptions } from "./engine/context/context-options.ts";
export { LlamaContext, type LlamaContextStats } from "./engine/context/llama-context.ts";
export { LlamaContextSequence, type SequenceOptions } from "./engine/context/llama-context-sequence.ts";
export type {
  ContextSequence,
  EditMode,
  EvaluationPriority,
  EvaluationReport,
  GeneratedToken,
  GenerateFinish,
  GenerateOptions,
  LanguageModel,
} from "./engine/context-sequence.ts";
export {
  InputLookupTokenPredictor,
  type InputLookupTokenPredictorOptions,
} from "./engine/drafts/input-lookup-token-predictor.ts";
export {
  LlamaEmbedding,
  type LlamaEmbeddingJSON,
  type LlamaEmbeddingOptions,
} from "./engine/embedding/llama-embedding.ts";
export {
  LlamaEmbeddingContext,
  type LlamaEmbeddingContextOptions,
} from "./engine/embedding/llama-embedding-context.ts";
export {
  LlamaRankingContext,
  type LlamaRankingContextOptions,
  type RankingOptions,
} from "./engine/embedding/llama-ranking-context.ts";
export { getLlamaGpuTypes, Llama } from "./engine/llama.ts";
export { LlamaGrammar, type LlamaGrammarOptions } from "./engine/llama-grammar.ts";
export { LlamaJsonSchemaGrammar } from "./engine/llama-json-schema-grammar.ts";
export type { LlamaNuma, LlamaOptions } from "./engine/llama-options.ts";
export {
  LlamaLogLevel,
  LlamaLogLevelGreaterThan,
  LlamaLogLevelGreaterThanOrEqual,
} from "./engine/log-level.ts";
export type { LoraAdapterOptions, LoraOptions } from "./engine/lora/lora-options.ts";
export type { ContextShiftOptions } from "./engine/low-level/context-shift.ts";
export type {
  ControlledEvaluateIndexOutput,
  ControlledEvaluateInputItem,
} from "./engine/low-level/controlled-evaluate.ts";
export type {
  SequenceEvaluateMetadataOptions,
  SequenceEvaluateOptions,
  SequenceEvaluateOutput,
} from "./engine/low-level/evaluate-options.ts";
export {
  LlamaGrammarEvaluationState,
  type LlamaGrammarEvaluationStateOptions,
} from "./engine/low-level/llama-grammar-evaluation-state.ts";
export type { ContextTokensDeleteRange } from "./engine/low-level/token-ranges.ts";
export type { RamState } from "./engine/machine-memory.ts";
export { LlamaModel } from "./engine/model/llama-model.ts";
export type {
  LlamaModelOptions,
  MediaBuildProgress,
  MediaBuildRequest,
  MediaLibraryOptions,
} from "./engine/model/model-options.ts";
export { TokenAttributes } from "./engine/model/token-attributes.ts";
export { LlamaVocabularyType } from "./engine/model/vocabulary.ts";
export type {
  DryRepeatPenaltyOptions as LlamaContextSequenceDryRepeatPenalty,
  RepeatPenaltyOptions as LlamaContextSequenceRepeatPenalty,
  SamplingOptions,
} from "./engine/sampling/options.ts";
export { TokenBias } from "./engine/sampling/token-bias.ts";
export type {
  Detokenizer,
  NamedTokens as LlamaModelTokens,
  Token,
  Tokenizer,
} from "./engine/token.ts";
export { TokenMeter, type TokenMeterState } from "./engine/token-meter.ts";
// model files
export { GgmlType } from "./gguf/ggml-type.ts";
export { GgufArchitectureType } from "./gguf/gguf-architecture-type.ts";
export type {
  GgufFileInfo,
  GgufFileInfoSource,
  GgufFileInfoSourceData,
  GgufTensorInfo,
} from "./gguf/gguf-file-info.ts";
export { GgufFileType, ggufFileQuantNames } from "./gguf/gguf-file-type.ts";
export {
  type GgufMetadata,
  GgufMetadataArchitecturePoolingType,
  type GgufMetadataDefaultArchitectureType,
  type GgufMetadataGeneral,
  type GgufMetadataTokenizer,
  GgufMetadataTokenizerTokenType,
  isGgufMetadataOfArchitectureType,
} from "./gguf/gguf-metadata.ts";
// grammar
export * from "./grammar/json-schema/index.ts";
// images
export {
  type BuildMediaLibraryOptions,
  buildMediaLibrary,
} from "./media/library/build-media-library.ts";
export type { MediaLimits, MediaSource } from "./media/media-source.ts";
export { projectorOf } from "./media/prepare-chat-media.ts";
export {
  loadProjector,
  type MediaType,
  type PreparedMedia,
  type Projector,
  type ProjectorOptions,
  type ProjectorStats,
} from "./media/projector.ts";
export {
  CombinedModelDownloader,
  type CombinedModelDownloaderOptions,
  combineModelDownloaders,
} from "./models/combined-model-downloader.ts";
export { resolveDefaultModel } from "./models/default/default-model.ts";
export type { ModelDownloadEndpoints, ModelFileAccessTokens } from "./models/hub-endpoint.ts";
export {
  createModelDownloader,
  ModelDownloader,
  type ModelDownloaderOptions,
} from "./models/model-downloader.ts";
export { readGgufFileInfo } from "./models/read-gguf-file-info.ts";
export { type ResolveModelFileOptions, resolveModelFile } from "./models/resolve-model-file.ts";
export type { LlamaGpuType } from "./native/platform.ts";
// engines elsewhere
export { getLlama } from "./remote/get-llama.ts";
export { RemoteContext, type RemoteContextOptions } from "./remote/remote-context.ts";
export { RemoteContextSequence, type RemoteSequenceOptions } from "./remote/remote-context-sequence.ts";
export type { RemoteSampling } from "./remote/remote-engine.ts";
export { RemoteLlama, type RemoteModelOptions } from "./remote/remote-llama.ts";
export { RemoteModel } from "./remote/remote-model.ts";
export type { RemoteEngineOptions } from "./remote/remote-options.ts";
// chat formats
export * from "./template/index.ts";
