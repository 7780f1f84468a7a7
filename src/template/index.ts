export {
  type ChatHistoryItem,
  type ChatMedia,
  type ChatModelFunctionCall,
  type ChatModelFunctions,
  type ChatModelResponse,
  type ChatModelSegment,
  type ChatModelSegmentType,
  type ChatSystemMessage,
  type ChatUserMessage,
  isChatModelResponseFunctionCall,
  isChatModelResponseSegment,
} from "./chat-history-items.ts";
export {
  ChatWrapper,
  type ChatWrapperGenerateContextStateOptions,
  type ChatWrapperGeneratedContextState,
  type ChatWrapperGeneratedInitiallyEngagedFunctionsContextState,
  type ChatWrapperGeneratedPrefixTriggersContextState,
  type ChatWrapperGenerateInitialHistoryOptions,
} from "./chat-wrapper.ts";
export type { ChatWrapperSettings, ChatWrapperSettingsSegment } from "./chat-wrapper-settings.ts";
export {
  type BuiltInChatWrapperType,
  chatWrappers,
  isSpecializedChatWrapperType,
  isTemplateChatWrapperType,
  type ResolvableChatWrapperTypeName,
  resolvableChatWrapperTypeNames,
  type SpecializedChatWrapperTypeName,
  specializedChatWrapperTypeNames,
  type TemplateChatWrapperTypeName,
  templateChatWrapperTypeNames,
} from "./chat-wrappers.ts";
export { ChatModelFunctionsDocumentationGenerator } from "./functions-documentation.ts";
export type { ChatHistoryFunctionCallMessageTemplate } from "./jinja/function-message-template.ts";
export {
  JinjaTemplateChatWrapper,
  type JinjaTemplateChatWrapperOptions,
  type JinjaTemplateChatWrapperOptionsConvertMessageFormat,
} from "./jinja/jinja-template-chat-wrapper.ts";
export type { TemplateChatWrapperSegmentsOptions } from "./jinja/segments-template.ts";
export { jsonDumps } from "./json-dumps.ts";
export {
  type BuiltinSpecialTokenValue,
  isLlamaText,
  LlamaText,
  type LlamaTextInputValue,
  type LlamaTextJSON,
  type LlamaTextJSONValue,
  type LlamaTextSpecialTokenJSON,
  type LlamaTextSpecialTokensTextJSON,
  type LlamaTextValue,
  SpecialToken,
  SpecialTokensText,
  tokenizeText,
} from "./llama-text.ts";
export { type ChatTemplate, parseChatTemplate } from "./named/chat-template.ts";
export { type ChatTemplateName, ChatTemplates } from "./named/chat-templates.ts";
export { type ChatTemplateChoice, chatTemplate } from "./named/choose-chat-template.ts";
export { NamedTemplateChatWrapper } from "./named/named-template-chat-wrapper.ts";
export {
  type ChatWrapperChoice,
  explainChatWrapper,
  type ResolveChatWrapperOptions,
  type ResolveChatWrapperWithModelOptions,
  resolveChatWrapper,
} from "./resolve-chat-wrapper.ts";
export { tokenizeContext } from "./tokenize-context.ts";
export { AlpacaChatWrapper } from "./wrappers/alpaca-chat-wrapper.ts";
export { ChatMLChatWrapper } from "./wrappers/chat-ml-chat-wrapper.ts";
export { DeepSeekChatWrapper } from "./wrappers/deep-seek-chat-wrapper.ts";
export { EmptyChatWrapper } from "./wrappers/empty-chat-wrapper.ts";
export { FalconChatWrapper } from "./wrappers/falcon-chat-wrapper.ts";
export { FunctionaryChatWrapper } from "./wrappers/functionary-chat-wrapper.ts";
export { GemmaChatWrapper } from "./wrappers/gemma-chat-wrapper.ts";
export { Gemma4ChatWrapper } from "./wrappers/gemma4-chat-wrapper.ts";
export { GeneralChatWrapper } from "./wrappers/general-chat-wrapper.ts";
export { HarmonyChatWrapper } from "./wrappers/harmony-chat-wrapper.ts";
export { Llama2ChatWrapper } from "./wrappers/llama2-chat-wrapper.ts";
export { Llama3_1ChatWrapper } from "./wrappers/llama3-1-chat-wrapper.ts";
export { Llama3_2LightweightChatWrapper } from "./wrappers/llama3-2-lightweight-chat-wrapper.ts";
export { Llama3ChatWrapper } from "./wrappers/llama3-chat-wrapper.ts";
export { MistralChatWrapper } from "./wrappers/mistral-chat-wrapper.ts";
export { MuseChatWrapper } from "./wrappers/muse-chat-wrapper.ts";
export { QwenChatWrapper } from "./wrappers/qwen-chat-wrapper.ts";
export { SeedChatWrapper } from "./wrappers/seed-chat-wrapper.ts";
export { TemplateChatWrapper, type TemplateChatWrapperOptions } from "./wrappers/template-chat-wrapper.ts";
