import type { Token } from "../../engine/token.ts";
import type { ChatHistoryItem, ChatModelFunctions } from "../../template/chat-history-items.ts";
import { withMediaMarkers } from "../../template/chat-media.ts";
import type { ChatWrapper } from "../../template/chat-wrapper.ts";
import { tokenizeContext } from "../../template/tokenize-context.ts";
import type { Serving } from "../serving.ts";

/** A history as tokens, to choose a sequence by. Its parts are remembered, so rendering it again costs little. */
export function renderedPrompt(
  { model }: Pick<Serving, "model">,
  wrapper: ChatWrapper,
  history: readonly ChatHistoryItem[],
  functions?: ChatModelFunctions,
): readonly Token[] {
  const chatHistory: readonly ChatHistoryItem[] =
    history.at(-1)?.type === "model" ? history : [...history, { type: "model", response: [] }];
  const { contextText } = wrapper.generateContextState({
    chatHistory: withMediaMarkers(chatHistory),
    availableFunctions: functions,
  });
  return tokenizeContext(contextText, model);
}
