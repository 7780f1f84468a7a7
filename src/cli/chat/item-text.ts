import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import { LlamaText } from "../../template/llama-text.ts";

/** What a message says, function calls in short. */
export function itemText(item: ChatHistoryItem): string {
  if (item.type !== "model") return LlamaText.fromJSON(item.text).toString();
  const parts = item.response.map((part) => {
    if (typeof part === "string") return part;
    return part.type === "functionCall" ? `[called ${part.name}]` : "";
  });
  return parts.join("");
}
