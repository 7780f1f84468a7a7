import { JinjaTemplateChatWrapper } from "./jinja/jinja-template-chat-wrapper.ts";
import { AlpacaChatWrapper } from "./wrappers/alpaca-chat-wrapper.ts";
import { ChatMLChatWrapper } from "./wrappers/chat-ml-chat-wrapper.ts";
import { DeepSeekChatWrapper } from "./wrappers/deep-seek-chat-wrapper.ts";
import { FalconChatWrapper } from "./wrappers/falcon-chat-wrapper.ts";
import { FunctionaryChatWrapper } from "./wrappers/functionary-chat-wrapper.ts";
import { GemmaChatWrapper } from "./wrappers/gemma-chat-wrapper.ts";
import { Gemma4ChatWrapper } from "./wrappers/gemma4-chat-wrapper.ts";
import { GeneralChatWrapper } from "./wrappers/general-chat-wrapper.ts";
import { HarmonyChatWrapper } from "./wrappers/harmony-chat-wrapper.ts";
import { Llama2ChatWrapper } from "./wrappers/llama2-chat-wrapper.ts";
import { Llama3_1ChatWrapper } from "./wrappers/llama3-1-chat-wrapper.ts";
import { Llama3_2LightweightChatWrapper } from "./wrappers/llama3-2-lightweight-chat-wrapper.ts";
import { Llama3ChatWrapper } from "./wrappers/llama3-chat-wrapper.ts";
import { MistralChatWrapper } from "./wrappers/mistral-chat-wrapper.ts";
import { MuseChatWrapper } from "./wrappers/muse-chat-wrapper.ts";
import { QwenChatWrapper } from "./wrappers/qwen-chat-wrapper.ts";
import { SeedChatWrapper } from "./wrappers/seed-chat-wrapper.ts";
import { TemplateChatWrapper } from "./wrappers/template-chat-wrapper.ts";

/** The built-in chat wrappers by type name. */
export const chatWrappers = Object.freeze({
  general: GeneralChatWrapper,
  deepSeek: DeepSeekChatWrapper,
  qwen: QwenChatWrapper,
  "llama3.1": Llama3_1ChatWrapper,
  "llama3.2-lightweight": Llama3_2LightweightChatWrapper,
  llama3: Llama3ChatWrapper,
  llama2Chat: Llama2ChatWrapper,
  mistral: MistralChatWrapper,
  alpacaChat: AlpacaChatWrapper,
  functionary: FunctionaryChatWrapper,
  chatML: ChatMLChatWrapper,
  falconChat: FalconChatWrapper,
  gemma4: Gemma4ChatWrapper,
  gemma: GemmaChatWrapper,
  harmony: HarmonyChatWrapper,
  muse: MuseChatWrapper,
  seed: SeedChatWrapper,
  template: TemplateChatWrapper,
  jinjaTemplate: JinjaTemplateChatWrapper,
} as const);

type ChatWrapperClasses = typeof chatWrappers;
export type BuiltInChatWrapperType = InstanceType<ChatWrapperClasses[keyof ChatWrapperClasses]>;

/** Types that need templates of their own. */
export const templateChatWrapperTypeNames = Object.freeze(["template", "jinjaTemplate"] as const);
export type TemplateChatWrapperTypeName = (typeof templateChatWrapperTypeNames)[number];

/** Types that are made for a model family. */
export const specializedChatWrapperTypeNames = Object.freeze([
  "general",
  "deepSeek",
  "qwen",
  "llama3.2-lightweight",
  "llama3.1",
  "llama3",
  "llama2Chat",
  "mistral",
  "alpacaChat",
  "functionary",
  "chatML",
  "falconChat",
  "gemma4",
  "gemma",
  "harmony",
  "muse",
  "seed",
] as const);
export type SpecializedChatWrapperTypeName = (typeof specializedChatWrapperTypeNames)[number];

/** What `type` of {@link resolveChatWrapper} takes. */
export const resolvableChatWrapperTypeNames = Object.freeze([
  "auto",
  ...specializedChatWrapperTypeNames,
  ...templateChatWrapperTypeNames,
] as const);
export type ResolvableChatWrapperTypeName = (typeof resolvableChatWrapperTypeNames)[number];

/** The options of each wrapper, by type name. */
export type CustomChatWrapperSettings = {
  [Type in keyof ChatWrapperClasses]?: Type extends "jinjaTemplate"
    ? Partial<NonNullable<ConstructorParameters<ChatWrapperClasses[Type]>[0]>>
    : ConstructorParameters<ChatWrapperClasses[Type]>[0];
};

export function isSpecializedChatWrapperType(type: string): type is SpecializedChatWrapperTypeName {
  return (specializedChatWrapperTypeNames as readonly string[]).includes(type);
}

export function isTemplateChatWrapperType(type: string): type is TemplateChatWrapperTypeName {
  return (templateChatWrapperTypeNames as readonly string[]).includes(type);
}
