import type { ChatModelFunctionCall, ChatModelResponse, ChatModelSegmentType } from "./chat-history-items.ts";
import type { ChatWrapper } from "./chat-wrapper.ts";
import { segmentTags } from "./chat-wrapper-settings.ts";
import { LlamaText, type LlamaTextInputValue } from "./llama-text.ts";

/** Calls of one group followed by their results, in the wrapper's syntax. */
export function renderCallsAndResults(
  wrapper: ChatWrapper,
  calls: readonly ChatModelFunctionCall[],
  useRawCall: boolean,
): LlamaText {
  if (calls.length === 0) return LlamaText();
  const callTexts = calls.map((call) =>
    useRawCall && call.rawCall !== undefined
      ? LlamaText.fromJSON(call.rawCall)
      : wrapper.generateFunctionCall(call.name, call.params),
  );
  const resultTexts = calls.map((call) =>
    wrapper.generateFunctionCallResult(call.name, call.params, call.result),
  );
  const parallelism = wrapper.settings.functions.parallelism;
  if (parallelism === undefined)
    return LlamaText(callTexts.map((call, index) => [call, resultTexts[index]!]));
  return LlamaText([
    parallelism.call.sectionPrefix,
    LlamaText.joinValues(parallelism.call.betweenCalls ?? "", callTexts),
    parallelism.call.sectionSuffix ?? "",
    parallelism.result?.sectionPrefix ?? "",
    LlamaText.joinValues(parallelism.result?.betweenResults ?? "", resultTexts),
    parallelism.result?.sectionSuffix ?? "",
  ]);
}

/** A model's response as one text, in the order in which it was written. */
export function renderResponse(
  wrapper: ChatWrapper,
  response: ChatModelResponse["response"],
  useRawValues: boolean,
): LlamaText {
  const { closeAllSegments, reiterateStackAfterFunctionCalls } = wrapper.settings.segments ?? {};
  const parts: LlamaTextInputValue[] = [];
  const open: ChatModelSegmentType[] = [];
  let group: ChatModelFunctionCall[] = [];
  let mustReopen = false;
  const flushCalls = () => {
    if (group.length === 0) return;
    parts.push(wrapper.generateFunctionCallsAndResults(group, useRawValues));
    group = [];
    mustReopen = true;
  };
  // After results, a model that was in the middle of a thought is reminded of it by the thought's opening tag.
  const reopenSegments = () => {
    if (!mustReopen || reiterateStackAfterFunctionCalls !== true) return;
    for (const type of open) parts.push(segmentTags(wrapper.settings, type)?.prefix);
    mustReopen = false;
  };

  for (const item of response) {
    if (typeof item === "string") {
      flushCalls();
      reopenSegments();
      parts.push(item);
    } else if (item.type === "functionCall") {
      if (item.startsNewChunk === true) flushCalls();
      group.push(item);
    } else {
      flushCalls();
      const tags = segmentTags(wrapper.settings, item.segmentType);
      const continues = open.at(-1) === item.segmentType;
      if (item.raw !== undefined && useRawValues) parts.push(LlamaText.fromJSON(item.raw));
      // A format without such segments has no place for them; as text they would pass for the answer.
      else if (tags !== undefined)
        parts.push(continues ? "" : tags.prefix, item.text, item.ended ? tags.suffix : "");
      if (!item.ended && !continues) open.push(item.segmentType);
      if (item.ended && continues) open.pop();
      if (item.ended && tags?.suffix === undefined && open.length === 0) parts.push(closeAllSegments);
    }
  }
  flushCalls();
  reopenSegments();
  return LlamaText(parts);
}
