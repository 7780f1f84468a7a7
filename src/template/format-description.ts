import type { ChatHistoryItem, ChatModelFunctions, ChatModelResponse } from "./chat-history-items.ts";
import type { ChatWrapper, ChatWrapperGeneratedContextState } from "./chat-wrapper.ts";
import type { ChatWrapperSettings } from "./chat-wrapper-settings.ts";
import type {
  ChatModelFunctionsDocumentationGenerator,
  DocumentFunctionsOptions,
} from "./functions-documentation.ts";
import { LlamaText, SpecialToken, SpecialTokensText } from "./llama-text.ts";

export type FormatRole = "system" | "user" | "model";

/** What stands around the messages of a role. */
export interface RoleFormat {
  readonly prefix: LlamaText;
  readonly suffix: LlamaText;
  /** Instead of `prefix` when the message is the first of the chat. */
  readonly firstPrefix?: LlamaText;
  /** Instead of `suffix` when the message is the first of the chat. */
  readonly firstSuffix?: LlamaText;
  /** Instead of `prefix` for the response that is still to be written. */
  readonly openPrefix?: LlamaText;
}

/** How a format without system messages carries their text: inside a user message. */
export interface SystemInUser {
  /** The user message after it, or (Mistral) the last user message of the chat. */
  readonly target: "next" | "last";
  readonly prefix: LlamaText;
  readonly suffix: LlamaText;
}

/** Where and how the available functions are described. */
export interface FunctionsFormat {
  /** A system message before or after the leading ones, or a block of its own before the last user message. */
  readonly placement: "beforeSystem" | "afterSystem" | "beforeLastUser" | "withinSystem";
  /** The description itself. Default: the one of the base wrapper. */
  readonly describe?: (
    documentation: ChatModelFunctionsDocumentationGenerator,
    options: DocumentFunctionsOptions,
    settings: ChatWrapperSettings,
  ) => LlamaText;
}

/** The messages of a chat with their texts rendered, in order; the last one is the model's and still open. */
export interface FormatMessage {
  readonly role: FormatRole;
  readonly text: LlamaText;
}

/** What is rendered. */
export interface RenderFormatInput {
  readonly history: readonly ChatHistoryItem[];
  readonly functions: ChatModelFunctions;
  readonly documentParams: boolean;
  readonly wrapper: ChatWrapper;
}

/** The code of a format whose rules the table cannot express. */
export type FormatRenderer = (input: RenderFormatInput) => ChatWrapperGeneratedContextState;

/**
 * A chat format as data. One interpreter renders them all; a format with rules that do not fit brings `render`.
 */
export interface FormatDescription {
  /** `wrapperName` of the wrapper. */
  readonly name: string;
  readonly settings: ChatWrapperSettings;
  /** Before the first message. */
  readonly start: LlamaText;
  /** Follows `start` when the chat does not begin with a system message. */
  readonly startWithoutSystem?: LlamaText;
  readonly system: RoleFormat | SystemInUser;
  readonly user: RoleFormat;
  readonly model: RoleFormat;
  /** Roles whose neighbouring messages become one, with an empty line between. */
  readonly joined: readonly FormatRole[];
  /** All system messages are moved to the start and become one. Default `false`. */
  readonly systemFirst?: boolean;
  /** Stands at the start of the first system message; without a system message it becomes one. */
  readonly systemStart?: () => LlamaText;
  /** Written between the leading system message and the first other message. */
  readonly systemEnd?: LlamaText;
  /** The system message that the model's own template writes when the chat has none. */
  readonly templateSystemPrompt?: string;
  /** System prompt of a new chat: `null` none, `undefined` the general one. */
  readonly initialSystemPrompt?: string | null;
  /** Thoughts of earlier responses are left out. Default `false`. */
  readonly keepOnlyLastThought?: boolean;
  /** Written at the start of the open response, after the last function call if there is one. */
  readonly openResponseStart?: LlamaText;
  /** Changes a response before it is rendered. */
  readonly mapResponse?: (
    response: ChatModelResponse["response"],
    isLast: boolean,
  ) => ChatModelResponse["response"];
  readonly functions: FunctionsFormat;
  /** Results of functions that are strings are written as they are instead of as JSON. Default `false`. */
  readonly plainStringResults?: boolean;
  readonly stop: readonly LlamaText[];
  readonly render?: FormatRenderer;
}

/** Text of the format itself, in which special tokens count. */
export function special(text: string): LlamaText {
  return LlamaText(new SpecialTokensText(text));
}

export const none: LlamaText = LlamaText();
export const bos: LlamaText = LlamaText(new SpecialToken("BOS"));
export const eos: LlamaText = LlamaText(new SpecialToken("EOS"));
export const eot: LlamaText = LlamaText(new SpecialToken("EOT"));
