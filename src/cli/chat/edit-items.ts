import { ColloquyError, InvalidArgumentError } from "../../base/errors.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";

/** The place that a number of `/history` names; negative ones count from the end. @throws ColloquyError `range` */
export function itemIndex(items: readonly ChatHistoryItem[], number: number): number {
  const index = number < 0 ? items.length + number : number;
  if (Number.isInteger(index) && index >= 0 && index < items.length) return index;
  throw new ColloquyError("range", `There is no message ${number}`, { hint: "/history lists the messages" });
}

/** Where the last turn begins: at its user message. -1 when there is none. */
export function lastTurnStart(items: readonly ChatHistoryItem[]): number {
  return items.findLastIndex(({ type }) => type === "user");
}

/** Without one message. */
export function withoutItem(items: readonly ChatHistoryItem[], number: number): ChatHistoryItem[] {
  return items.toSpliced(itemIndex(items, number), 1);
}

/** With another text in one message. @throws ColloquyError `invalid-argument` for an empty text */
export function withText(items: readonly ChatHistoryItem[], number: number, text: string): ChatHistoryItem[] {
  if (text === "") throw new InvalidArgumentError("The new text is missing");
  const index = itemIndex(items, number);
  const item = items[index]!;
  const changed: ChatHistoryItem = item.type === "model" ? { ...item, response: [text] } : { ...item, text };
  return items.with(index, changed);
}

/** With another system prompt in front; an empty text removes it. */
export function withSystemPrompt(items: readonly ChatHistoryItem[], text: string): ChatHistoryItem[] {
  const others = items.filter(({ type }) => type !== "system");
  return text === "" ? others : [{ type: "system", text }, ...others];
}
