import type { ChatHistoryItem, ChatModelResponse, ChatModelSegment } from "../chat-history-items.ts";
import type { ChatWrapper, ChatWrapperGeneratedContextState } from "../chat-wrapper.ts";
import type { FormatRenderer, RoleFormat } from "../format-description.ts";
import { special } from "../format-description.ts";
import { LlamaText, type LlamaTextInputValue } from "../llama-text.ts";
import { withoutThoughts } from "../render-format.ts";

/** A format in which every part of a response is a message of its own, addressed to a channel. */
export interface ChannelLayout {
  /** Everything up to the first message after the system prompt. */
  readonly start: (
    systemText: LlamaText,
    functionsText: LlamaText,
    functionNames: readonly string[],
  ) => LlamaText;
  readonly laterSystem: RoleFormat;
  readonly user: RoleFormat;
  /** Opens a message of the model; the channel follows. */
  readonly opener: LlamaText;
  readonly text: RoleFormat;
  readonly thought: RoleFormat;
  /** `undefined`: comments are left out. */
  readonly comment?: RoleFormat;
  readonly keepOnlyLastThought: boolean;
  /** A group of calls with their results. */
  readonly calls: (
    wrapper: ChatWrapper,
    calls: Extract<ResponseItem, { type: "functionCall" }>[],
  ) => LlamaText;
  readonly stop: readonly LlamaText[];
  /** How the model may begin after `opener`. */
  readonly triggers: (hasFunctions: boolean) => Partial<ChatWrapperGeneratedContextState>;
  /** Ends one message of several: the chat is rendered again after it. */
  readonly messageEnd: LlamaText;
}

type Response = ChatModelResponse["response"];
type ResponseItem = Response[number];

/** Renders a chat of channels. Its end is either an open message, or the opener with triggers for what may follow. */
export function channelRenderer(layout: ChannelLayout): FormatRenderer {
  return ({ history, functions, documentParams, wrapper }) => {
    const functionNames = Object.keys(functions);
    const [first, ...rest] = history;
    const hasSystem = first?.type === "system";
    const parts: LlamaTextInputValue[] = [
      layout.start(
        hasSystem ? LlamaText.fromJSON(first.text) : LlamaText(),
        wrapper.generateAvailableFunctionsSystemText(functions, { documentParams }),
        functionNames,
      ),
    ];
    const items = hasSystem ? rest : history;
    for (const item of items.at(-1)?.type === "model" ? items.slice(0, -1) : items)
      parts.push(renderClosed(layout, item, wrapper));
    const last = items.at(-1);
    const open = renderOpen(layout, last?.type === "model" ? last.response : [], wrapper);
    const { isOpen } = open;
    parts.push(open.text, isOpen ? "" : layout.opener);
    return {
      contextText: LlamaText(parts),
      stopGenerationTriggers: [...layout.stop],
      ...(isOpen ? { detectFunctionCalls: false } : layout.triggers(functionNames.length > 0)),
      rerender: { triggers: [layout.messageEnd], action: "closeResponseItem" },
    } as ChatWrapperGeneratedContextState;
  };
}

function around(format: RoleFormat, text: LlamaTextInputValue): LlamaText {
  return LlamaText(format.prefix, text, format.suffix);
}

function renderClosed(layout: ChannelLayout, item: ChatHistoryItem, wrapper: ChatWrapper): LlamaText {
  if (item.type === "system") return around(layout.laterSystem, LlamaText.fromJSON(item.text));
  if (item.type === "user") return around(layout.user, item.text);
  const response = layout.keepOnlyLastThought ? withoutThoughts(item.response) : item.response;
  return renderItems(layout, response, wrapper);
}

/** A response that goes on: its last text or segment stays open when it was not ended. */
function renderOpen(layout: ChannelLayout, response: Response, wrapper: ChatWrapper) {
  const last = response.at(-1);
  const isOpenText = typeof last === "string" && last !== "";
  const isOpenSegment = typeof last === "object" && last.type === "segment" && !last.ended;
  const format = isOpenText ? layout.text : isOpenSegment ? layout[last.segmentType] : undefined;
  if (format === undefined) return { text: renderItems(layout, response, wrapper), isOpen: false };
  const text = isOpenText ? last : (last as ChatModelSegment).text;
  const closed = renderItems(layout, response.slice(0, -1), wrapper);
  return { text: LlamaText(closed, layout.opener, format.prefix, text), isOpen: true };
}

/** The items of a response as messages. */
export function renderItems(layout: ChannelLayout, response: Response, wrapper: ChatWrapper): LlamaText {
  const parts: LlamaTextInputValue[] = [];
  let group: Extract<ResponseItem, { type: "functionCall" }>[] = [];
  const flush = () => {
    if (group.length > 0) parts.push(layout.calls(wrapper, group));
    group = [];
  };
  for (const item of response) {
    if (typeof item === "object" && item.type === "functionCall") {
      if (item.startsNewChunk === true) flush();
      group.push(item);
      continue;
    }
    flush();
    if (typeof item === "string") {
      if (item !== "") parts.push(layout.opener, around(layout.text, item));
      continue;
    }
    const format = layout[item.segmentType];
    if (item.ended && item.raw !== undefined) parts.push(layout.opener, LlamaText.fromJSON(item.raw));
    else if (format !== undefined) parts.push(layout.opener, around(format, item.text));
  }
  flush();
  return LlamaText(parts);
}

/** Prefix and suffix of special text. */
export function specialAround(prefix: string, suffix: string): RoleFormat {
  return { prefix: special(prefix), suffix: special(suffix) };
}
