import type { ChatHistoryItem, ChatModelResponse } from "./chat-history-items.ts";
import { isChatModelResponseFunctionCall, isChatModelResponseSegment } from "./chat-history-items.ts";
import type { ChatWrapper, ChatWrapperGeneratedContextState } from "./chat-wrapper.ts";
import type {
  FormatDescription,
  FormatMessage,
  RenderFormatInput,
  RoleFormat,
  SystemInUser,
} from "./format-description.ts";
import { LlamaText, type LlamaTextInputValue } from "./llama-text.ts";

const messageSeparator = "\n\n";

/** Renders a chat in a format that is described as data. */
export function renderFormat(
  format: FormatDescription,
  input: RenderFormatInput,
): ChatWrapperGeneratedContextState {
  if (format.render !== undefined) return format.render(input);
  const { wrapper, functions, documentParams } = input;
  const hasFunctions = Object.keys(functions).length > 0;
  const items = wrapper.addAvailableFunctionsSystemMessageToHistory(input.history, functions, {
    documentParams,
  });
  const toolsBlock =
    hasFunctions && format.functions.placement === "beforeLastUser"
      ? wrapper.generateAvailableFunctionsSystemText(functions, { documentParams })
      : undefined;
  const messages = foldSystem(format, arrange(format, renderMessages(format, items, wrapper)));
  return {
    contextText: joinMessages(format, messages, toolsBlock),
    stopGenerationTriggers: [...format.stop],
  };
}

/** Every message as text; a response that is still to be written is added when the chat does not end with one. */
function renderMessages(
  format: FormatDescription,
  items: readonly ChatHistoryItem[],
  wrapper: ChatWrapper,
): FormatMessage[] {
  const messages = items.map((item, index): FormatMessage => {
    if (item.type === "system") return { role: "system", text: LlamaText.fromJSON(item.text) };
    if (item.type === "user") return { role: "user", text: LlamaText(item.text) };
    return {
      role: "model",
      text: renderModelMessage(format, item.response, index === items.length - 1, wrapper),
    };
  });
  if (messages.at(-1)?.role !== "model")
    messages.push({ role: "model", text: renderModelMessage(format, [], true, wrapper) });
  return messages;
}

function renderModelMessage(
  format: FormatDescription,
  original: ChatModelResponse["response"],
  isLast: boolean,
  wrapper: ChatWrapper,
): LlamaText {
  const shown = !isLast && format.keepOnlyLastThought === true ? withoutThoughts(original) : original;
  const response = format.mapResponse?.(shown, isLast) ?? shown;
  if (!isLast) return wrapper.generateModelResponseText(response);
  if (format.openResponseStart === undefined) return wrapper.generateModelResponseText(response);
  const lastCall = response.findLastIndex((item) => isChatModelResponseFunctionCall(item));
  return LlamaText(
    wrapper.generateModelResponseText(response.slice(0, lastCall + 1)),
    format.openResponseStart,
    wrapper.generateModelResponseText(response.slice(lastCall + 1)),
  );
}

/** Thoughts of earlier turns are not shown again to models that were trained without seeing them. */
export function withoutThoughts(response: ChatModelResponse["response"]): ChatModelResponse["response"] {
  return response.filter((item) => !(isChatModelResponseSegment(item) && item.segmentType === "thought"));
}

/** Joins neighbours, moves system messages, and adds the system text that the format itself brings. */
function arrange(format: FormatDescription, messages: readonly FormatMessage[]): FormatMessage[] {
  const ordered =
    format.systemFirst === true
      ? [
          ...messages.filter(({ role }) => role === "system"),
          ...messages.filter(({ role }) => role !== "system"),
        ]
      : messages;
  const hadSystem = ordered[0]?.role === "system";
  const result: FormatMessage[] = [];
  for (const message of ordered) {
    // An empty message says nothing, except that an empty system prompt replaces the one of the template.
    const isOpen = message === messages.at(-1);
    const isWanted = message.role === "system" && format.templateSystemPrompt !== undefined;
    if (message.text.values.length === 0 && !isOpen && !isWanted) continue;
    const last = result.at(-1);
    if (last?.role === message.role && format.joined.includes(message.role))
      result[result.length - 1] = { role: last.role, text: joinTexts(last.text, message.text) };
    else result.push(message);
  }
  if (!hadSystem && format.templateSystemPrompt !== undefined)
    result.unshift({ role: "system", text: LlamaText(format.templateSystemPrompt) });
  const systemStart = format.systemStart?.();
  if (systemStart !== undefined && systemStart.values.length > 0) {
    const first = result[0];
    if (first?.role === "system") result[0] = { role: "system", text: LlamaText(systemStart, first.text) };
    else result.unshift({ role: "system", text: systemStart });
  }
  return result;
}

function joinTexts(a: LlamaText, b: LlamaText): LlamaText {
  if (a.values.length === 0) return b;
  return b.values.length === 0 ? a : LlamaText(a, messageSeparator, b);
}

function isSystemInUser(system: RoleFormat | SystemInUser): system is SystemInUser {
  return "target" in system;
}

/** Puts system texts into user messages for formats that have no system role. */
function foldSystem(format: FormatDescription, messages: readonly FormatMessage[]): readonly FormatMessage[] {
  const { system } = format;
  if (!isSystemInUser(system)) return messages;
  const lastUser = messages.findLastIndex(({ role }) => role === "user");
  const leading = messages.findIndex(({ role }) => role !== "system");
  const result: FormatMessage[] = [];
  let pending: LlamaText = LlamaText();
  let forLastUser: LlamaText = LlamaText();
  for (const [index, message] of messages.entries()) {
    if (message.role === "system") {
      if (system.target === "last" && index < leading && lastUser !== -1)
        forLastUser = joinTexts(forLastUser, message.text);
      else pending = joinTexts(pending, message.text);
      continue;
    }
    const texts = index === lastUser ? joinTexts(forLastUser, pending) : pending;
    const wrapped = texts.values.length === 0 ? [] : [system.prefix, texts, system.suffix];
    if (message.role === "user") result.push({ role: "user", text: LlamaText(wrapped, message.text) });
    else {
      if (wrapped.length > 0) result.push({ role: "user", text: LlamaText(system.prefix, texts) });
      result.push(message);
    }
    pending = LlamaText();
  }
  return result;
}

function joinMessages(
  format: FormatDescription,
  messages: readonly FormatMessage[],
  toolsBlock: LlamaText | undefined,
): LlamaText {
  const parts: LlamaTextInputValue[] = [format.start];
  const lastUser = toolsBlock === undefined ? -1 : messages.findLastIndex(({ role }) => role === "user");
  const firstOther = messages.findIndex(({ role }) => role !== "system");
  for (const [index, { role, text }] of messages.entries()) {
    if (index === firstOther) parts.push(format.systemEnd);
    const around =
      role === "system" && isSystemInUser(format.system) ? format.user : (format[role] as RoleFormat);
    const isFirst = index === 0;
    const isOpen = index === messages.length - 1;
    if (index === lastUser) parts.push(toolsBlock);
    if (isFirst && role !== "system") parts.push(format.startWithoutSystem);
    const prefix = (isFirst ? around.firstPrefix : undefined) ?? (isOpen ? around.openPrefix : undefined);
    parts.push(prefix ?? around.prefix, text);
    if (!isOpen) parts.push((isFirst ? around.firstSuffix : undefined) ?? around.suffix);
  }
  return LlamaText(parts);
}
