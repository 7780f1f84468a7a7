import { ChatHistory } from "../../src/chat/history/chat-history.ts";
import { FakeModel } from "./fake-model.ts";

export const model = new FakeModel({
  specialTokens: ["<s>", "</s>", "<|im_start|>", "<|im_end|>", "<start_of_turn>", "<end_of_turn>", "<bos>"],
});

export function createHistory(chatTemplate: string | object = "chat-ml", systemPrompt?: string | false) {
  return new ChatHistory(model, { chatTemplate, systemPrompt });
}

/** A chat of 228-odd tokens whose cache holds everything. */
export function filled() {
  const history = createHistory("chat-ml", "Sys");
  for (const [question, answer] of [
    ["one", "1"],
    ["two", "2"],
    ["three", "3"],
  ]) {
    history.append("user", question!);
    history.append("bot", answer!);
  }
  history.kvCache = { tokens: [...history.tokens] };
  return history;
}
