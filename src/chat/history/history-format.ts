import { ColloquyError } from "../../base/errors.ts";
import type { ChatHistoryItem, ChatModelFunctions } from "../../template/chat-history-items.ts";
import { withMediaMarkers } from "../../template/chat-media.ts";
import type { ChatWrapper } from "../../template/chat-wrapper.ts";
import { LlamaText } from "../../template/llama-text.ts";
import type { ContentPart } from "./content-part.ts";
import { joinUserMessages, partsOfUserMessage, userMessageOf } from "./user-media.ts";

/** What a format must see of a message. */
export interface FormattableMessage {
  readonly role: string;
  readonly parts: readonly ContentPart[];
  readonly pinned: boolean;
}

/** How a history becomes text: by a chat wrapper, or by a chat template with roles of its own. */
export interface HistoryFormat {
  readonly name: string;
  /** Roles that can be appended. */
  readonly roles: readonly string[];
  /** The role as the format calls it; `undefined` when it has no such role. */
  canonicalRole(role: string): string | undefined;
  /** Whether system messages have a place of their own; otherwise they are written into the first user turn. */
  readonly hasSystemRole: boolean;
  /** System prompt of a new history; `undefined` for none. */
  readonly defaultSystemPrompt: string | undefined;
  /** Texts at which a reply of this format ends. */
  readonly stop: readonly (string | LlamaText)[];
  /** Everything up to where the next message is written. */
  render(messages: readonly FormattableMessage[], functions?: ShownFunctions): LlamaText;
}

/** Functions that are described to the model in the chat. */
export interface ShownFunctions {
  readonly functions?: ChatModelFunctions;
  readonly documentFunctionParams?: boolean;
}

const wrapperRoles: Readonly<Record<string, ChatHistoryItem["type"]>> = {
  system: "system",
  user: "user",
  model: "model",
  bot: "model",
  assistant: "model",
};

/** The kind of chat item a role stands for in formats that know only system, user and model. */
export function itemType(role: string): ChatHistoryItem["type"] | undefined {
  return Object.hasOwn(wrapperRoles, role) ? wrapperRoles[role] : undefined;
}

/** A history as a chat wrapper renders it. */
export function wrapperFormat(wrapper: ChatWrapper): HistoryFormat {
  const initial = wrapper.generateInitialChatHistory()[0];
  return {
    name: wrapper.wrapperName,
    roles: ["system", "user", "model"],
    canonicalRole: itemType,
    hasSystemRole: wrapper.settings.supportsSystemMessages,
    defaultSystemPrompt: initial?.type === "system" ? LlamaText.fromJSON(initial.text).toString() : undefined,
    stop: wrapper.generateContextState({ chatHistory: [{ type: "user", text: "" }] }).stopGenerationTriggers,
    render: (messages, { functions, documentFunctionParams } = {}) =>
      wrapper.generateContextState({
        chatHistory: withMediaMarkers(joinNeighbours(messages.map(messageToItem))),
        availableFunctions: functions,
        documentFunctionParams,
      }).contextText,
  };
}

/** A message as plain data. @throws ColloquyError `role-unknown`, `media-unsupported` */
export function messageToItem({ role, parts, pinned }: FormattableMessage): ChatHistoryItem {
  const type = itemType(role);
  const pin = pinned ? { pinned: true } : {};
  const media = parts.find((part) => part.type === "image" || part.type === "audio");
  if (media !== undefined && type !== "user") {
    throw new ColloquyError("media-unsupported", `Only a user's message can hold ${media.type}`);
  }
  switch (type) {
    case "system": {
      const text = LlamaText(
        parts.map((part) =>
          part.type === "richText" ? LlamaText.fromJSON(part.text) : part.type === "text" ? part.text : "",
        ),
      ).toJSON();
      return { type, text, ...pin };
    }
    case "user":
      return { ...userMessageOf(parts), ...pin };
    case "model":
      return { type, response: parts.map(responseItem), ...pin };
    default:
      throw new ColloquyError("role-unknown", `The role ${JSON.stringify(role)} is none of a chat's roles`);
  }
}

/** The message of an item of plain data. */
export function itemToMessage(item: ChatHistoryItem & { readonly pinned?: boolean }): FormattableMessage {
  const pinned = item.pinned === true;
  if (item.type === "model") {
    const parts = item.response.map(
      (part): ContentPart => (typeof part === "string" ? { type: "text", text: part } : part),
    );
    return { role: "model", parts, pinned };
  }
  if (item.type === "user" && item.media !== undefined)
    return { role: "user", parts: partsOfUserMessage(item), pinned };
  const part: ContentPart =
    typeof item.text === "string" ? { type: "text", text: item.text } : { type: "richText", text: item.text };
  return { role: item.type, parts: [part], pinned };
}

function responseItem(part: ContentPart) {
  if (part.type === "functionCall" || part.type === "segment") return part;
  return part.type === "text" ? part.text : "";
}

/** Two messages of one role in a row become one turn, a line break between them. */
export function joinNeighbours(items: readonly ChatHistoryItem[]): ChatHistoryItem[] {
  const joined: ChatHistoryItem[] = [];
  for (const item of items) {
    const last = joined.at(-1);
    if (item.type === "user" && last?.type === "user") {
      joined[joined.length - 1] = joinUserMessages(last, item, "\n");
    } else if (item.type === "model" && last?.type === "model") {
      const response = [...last.response, ...(last.response.length > 0 ? ["\n"] : []), ...item.response];
      joined[joined.length - 1] = { ...last, response };
    } else joined.push(item);
  }
  return joined;
}
