import { InvalidArgumentError } from "../../base/errors.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import { ChatMessage } from "./chat-message.ts";
import type { ContentInput } from "./content-part.ts";
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
  const inputs = parts.map((part) => (part.type === "text" ? part.text : part)) as ContentInput[];
  return new ChatMessage(role, inputs, { pinned });
}
