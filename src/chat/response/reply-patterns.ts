import type { LanguageModel } from "../../engine/context-sequence.ts";
import type { StopTrigger } from "../../engine/sequence-grammar.ts";
import { type ChatModelSegmentType, chatModelSegmentTypes } from "../../template/chat-history-items.ts";
import type { ChatWrapperGeneratedContextState } from "../../template/chat-wrapper.ts";
import { type ChatWrapperSettings, segmentTags } from "../../template/chat-wrapper-settings.ts";
import { LlamaText } from "../../template/llama-text.ts";
import type { ResponsePattern } from "./response-parser.ts";
import { triggerSymbols } from "./trigger-symbols.ts";

/** What a pattern in a reply means. */
export type ReplyTag =
  | { readonly kind: "stop" }
  | { readonly kind: "customStop"; readonly trigger: StopTrigger }
  | { readonly kind: "open" | "close"; readonly segmentType: ChatModelSegmentType }
  | { readonly kind: "closeAll" }
  | { readonly kind: "call" }
  | { readonly kind: "rerender" };

export interface ReplyPatternSources {
  readonly settings: ChatWrapperSettings;
  readonly context: Pick<
    ChatWrapperGeneratedContextState,
    "stopGenerationTriggers" | "rerender" | "detectFunctionCalls"
  >;
  readonly grammarStopTriggers?: readonly StopTrigger[];
  readonly customStopTriggers?: readonly StopTrigger[];
  readonly hasFunctions: boolean;
}

/** Everything in a reply that is not plain text. */
export function replyPatterns(
  sources: ReplyPatternSources,
  model: LanguageModel,
): ResponsePattern<ReplyTag>[] {
  const { settings, context } = sources;
  const patterns: ResponsePattern<ReplyTag>[] = [];
  const add = (trigger: StopTrigger | undefined, tag: ReplyTag) => {
    if (trigger === undefined) return;
    for (const symbols of triggerSymbols(trigger, model)) patterns.push({ symbols, tag });
  };
  for (const trigger of context.stopGenerationTriggers) add(trigger, { kind: "stop" });
  for (const trigger of sources.grammarStopTriggers ?? []) add(trigger, { kind: "stop" });
  for (const trigger of sources.customStopTriggers ?? []) add(trigger, { kind: "customStop", trigger });
  // Before the segments: the same text may close one, and then rendering again does that.
  for (const trigger of context.rerender?.triggers ?? []) add(trigger, { kind: "rerender" });
  for (const segmentType of chatModelSegmentTypes) {
    const tags = segmentTags(settings, segmentType);
    add(tags?.prefix, { kind: "open", segmentType });
    add(tags?.suffix, { kind: "close", segmentType });
  }
  const { closeAllSegments } = settings.segments ?? {};
  if (closeAllSegments !== undefined) add(closeAllSegments, { kind: "closeAll" });
  if (sources.hasFunctions && context.detectFunctionCalls !== false) {
    for (const opener of callOpeners(settings)) add(opener, { kind: "call" });
  }
  return patterns;
}

/** Texts with which a call, or a section of calls, may begin. White space alone is none. */
export function callOpeners(settings: ChatWrapperSettings): LlamaText[] {
  const { call, parallelism } = settings.functions;
  const openers = [
    parallelism?.call.sectionPrefix,
    ...(parallelism?.call.sectionPrefixAlternateMatches ?? []),
    call.prefix,
    ...(call.prefixAlternateMatches ?? []),
  ];
  return openers
    .filter((opener) => opener !== undefined)
    .map((opener) => LlamaText(opener))
    .filter((opener) => opener.trim().values.length > 0);
}
