import { InvalidArgumentError } from "../../base/errors.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import { ChatMessage } from "./chat-message.ts";
import type { ContentInput, ContentPart } from "./content-part.ts";
import { itemToMessage, itemType } from "./history-format.ts";

/** The message of an item of plain data. @throws ColloquyError `invalid-argument` when it is none */
export function messageOfItem(item: ChatHistoryItem): ChatMessage {
  const isItem = typeof item === "object" && item !== null && itemType(item.type) === item.type;
  const isComplete =
    isItem && (item.type === "model" ? Array.isArray(item.response) : item.text !== undefined);
  if (!isComplete) {
    throw new InvalidArgumentError('An item of a chat history is {type, text} or {type: "model", response}');
  }
  const { role, parts, pinned } = itemToMessage(item);
  const inputs = parts.map(inputOfPart);
  return new ChatMessage(role, inputs, { pinned });
}

function inputOfPart(part: ContentPart): ContentInput {
  if (part.type === "text") return part.text;
  if ("source" in part) return part.type === "image" ? { image: part.source } : { audio: part.source };
  return part;
}
