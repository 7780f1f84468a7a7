import type { LanguageModel } from "../../engine/context-sequence.ts";
import type { ChatMessage } from "./chat-message.ts";

/** A message as plain data: its role, and its content under the name of its type. */
export type ListedMessage = { role: string; text?: string; image?: unknown; audio?: unknown };

/** @param model with a model, texts and addresses become safe HTML */
export function listMessages(
  messages: readonly ChatMessage[],
  model: LanguageModel | undefined,
): ListedMessage[] {
  return messages.map((message) => {
    const listed: ListedMessage = { role: message.role };
    for (const part of message.parts) {
      if (part.type !== "image" && part.type !== "audio") continue;
      const isAddress = typeof part.source === "string";
      listed[part.type] = model !== undefined && isAddress ? escapeHtml(part.source as string) : part.source;
    }
    const { text } = message;
    const hasMedia = "image" in listed || "audio" in listed;
    if (text !== "" || !hasMedia) listed.text = model === undefined ? text : toHtml(text, model);
    return listed;
  });
}

/** A text as HTML: escaped, without special tokens, with line breaks, code and emphasis. */
export function toHtml(text: string, model: LanguageModel): string {
  const tokens = model.tokenize(text, true).filter((token) => !model.isSpecialToken(token));
  const plain = model.detokenize(tokens).trim();
  return plain
    .split(/(`[^`]*`)/)
    .map((piece, index) => {
      const escaped = escapeHtml(piece).replaceAll("\n", "<br/>");
      if (index % 2 === 1) return `<code>${escaped.slice(1, -1)}</code>`;
      return escaped.replace(/\*([^*\s](?:[^*]*[^*\s])?)\*/g, "<i>*$1*</i>");
    })
    .join("");
}

const entities: Readonly<Record<string, string>> = {
  "&": "&amp;",
  "<": "&lt;",
  ">": "&gt;",
  '"': "&quot;",
  "'": "&#39;",
};

export function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character]!);
}
