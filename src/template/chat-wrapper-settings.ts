import type { ChatModelSegmentType } from "./chat-history-items.ts";
import { isLlamaText, LlamaText, SpecialTokensText } from "./llama-text.ts";

/** The tags around a segment. Without a suffix the segment lasts until something else begins. */
export interface ChatWrapperSettingsSegment {
  readonly prefix: string | LlamaText;
  readonly suffix?: string | LlamaText;
}

/** Chain of thought. `openedOnStart`: the rendered prompt already ends inside the thought. */
export interface ChatWrapperSettingsThoughtSegment {
  readonly prefix: string | LlamaText | { type: "openedOnStart"; afterFunctionCalls?: boolean };
  readonly suffix?: string | LlamaText;
  /** Every response begins with a thought: the engine writes the prefix. Default `false`. */
  readonly openOnResponseStart?: boolean;
  /** After the results of function calls the engine opens a thought again. Default `false`. */
  readonly reopenAfterFunctionCalls?: boolean;
}

/** How a format writes function calls, their results and segments. */
export interface ChatWrapperSettings {
  /** Whether the format has a place for system messages. */
  readonly supportsSystemMessages: boolean;
  readonly functions: {
    readonly call: {
      /** Whether a space may come before the call. */
      readonly optionalPrefixSpace: boolean;
      readonly prefix: string | LlamaText;
      /** Between name and parameters. `{{functionName}}` in its plain text is replaced. */
      readonly paramsPrefix: string | LlamaText;
      /** After the parameters. `{{functionName}}` in its plain text is replaced. */
      readonly suffix: string | LlamaText;
      /** Written for a function without parameters, as JSON. Default `""`: nothing. */
      readonly emptyCallParamsPlaceholder?: object | string | number | boolean | null;
      /** Other beginnings that also open a call; never written. */
      readonly prefixAlternateMatches?: readonly (string | LlamaText)[];
    };
    readonly result: {
      /** `{{functionName}}` and `{{functionParams}}` in its plain text are replaced. */
      readonly prefix: string | LlamaText;
      /** `{{functionName}}` and `{{functionParams}}` in its plain text are replaced. */
      readonly suffix: string | LlamaText;
    };
    /** Present when several calls can be made at once. */
    readonly parallelism?: {
      readonly call: {
        readonly sectionPrefix: string | LlamaText;
        /** Other beginnings that also open a section of calls; never written. */
        readonly sectionPrefixAlternateMatches?: readonly (string | LlamaText)[];
        readonly betweenCalls?: string | LlamaText;
        readonly sectionSuffix?: string | LlamaText;
      };
      readonly result?: {
        readonly sectionPrefix?: string | LlamaText;
        readonly betweenResults?: string | LlamaText;
        readonly sectionSuffix?: string | LlamaText;
      };
    };
  };
  readonly segments?: {
    /** Text that closes all open segments. */
    readonly closeAllSegments?: string | LlamaText;
    /** Repeat the opening tags of open segments after function calls. Default `false`. */
    readonly reiterateStackAfterFunctionCalls?: boolean;
    readonly thought?: ChatWrapperSettingsThoughtSegment;
    readonly comment?: ChatWrapperSettingsSegment;
  };
}

/** Calls as `||call: name(params)`, for models that were not trained to call functions. */
export const defaultChatWrapperSettings: ChatWrapperSettings = Object.freeze({
  supportsSystemMessages: true,
  functions: {
    call: {
      optionalPrefixSpace: true,
      prefix: "||call: ",
      paramsPrefix: LlamaText(new SpecialTokensText("(")),
      suffix: LlamaText(new SpecialTokensText(")")),
      emptyCallParamsPlaceholder: "",
      prefixAlternateMatches: ["||call:"],
    },
    result: {
      prefix: LlamaText(new SpecialTokensText("\n"), "||result: "),
      suffix: LlamaText(new SpecialTokensText("\n")),
    },
  },
  segments: {},
});

/** The tags of a segment type as text; a thought that the prompt itself opens has no prefix. */
export function segmentTags(
  settings: ChatWrapperSettings,
  type: ChatModelSegmentType,
): { readonly prefix?: LlamaText; readonly suffix?: LlamaText } | undefined {
  const segment = settings.segments?.[type];
  if (segment === undefined) return undefined;
  const { prefix, suffix } = segment;
  return {
    prefix: typeof prefix === "string" || isLlamaText(prefix) ? LlamaText(prefix) : undefined,
    suffix: suffix === undefined ? undefined : LlamaText(suffix),
  };
}
