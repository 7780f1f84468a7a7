import type { ChatHistoryItem, ChatModelFunctionCall, ChatModelSegment } from "../chat-history-items.ts";
import type { ChatWrapper } from "../chat-wrapper.ts";
import { type LlamaText, SpecialToken } from "../llama-text.ts";

export const system: ChatHistoryItem = { type: "system", text: "Be brief." };
export const user = (text: string): ChatHistoryItem => ({ type: "user", text });
export const model = (
  ...response: Extract<ChatHistoryItem, { type: "model" }>["response"]
): ChatHistoryItem => ({
  type: "model",
  response,
});
export const call: ChatModelFunctionCall = {
  type: "functionCall",
  name: "getDate",
  params: { zone: "UTC" },
  result: "Monday",
};
export const thought: ChatModelSegment = {
  type: "segment",
  segmentType: "thought",
  text: "Hmm",
  ended: true,
};

export const oneTurn = [user("Hi")];
export const several = [system, user("Hi"), model("Hello"), user("Bye"), model("")];
export const open = [user("Hi"), model("Hel")];
export const calls = [user("Day?"), model(call, "It is Monday."), user("Ok")];
export const thoughts = [user("Hi"), model(thought, "Hello"), user("Bye"), model(thought, "So")];
export const functions = {
  getDate: { description: "The date", params: { type: "object", properties: { zone: { type: "string" } } } },
};
export const today = new Date("2025-03-04T12:00:00");

/** Named tokens in brackets, so that they are not taken for text. */
export function show(text: LlamaText): string {
  return text.values
    .map((value) => (value instanceof SpecialToken ? `[${value.value}]` : String(value)))
    .join("");
}

export function render(
  wrapper: ChatWrapper,
  chatHistory: readonly ChatHistoryItem[],
  availableFunctions = {},
): string {
  return show(wrapper.generateContextState({ chatHistory, availableFunctions }).contextText);
}

/** A message of ChatML and of Llama 3. */
export const chatML = (role: string, text: string) => `<|im_start|>${role}\n${text}<|im_end|>\n`;
export const llama3 = (role: string, text: string) =>
  `<|start_header_id|>${role}<|end_header_id|>\n\n${text}<|eot_id|>`;
export const llama3Open = "<|start_header_id|>assistant<|end_header_id|>\n\n";
