import { ColloquyError } from "../../base/errors.ts";
import type { Token } from "../../engine/token.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import { withMediaMarkers } from "../../template/chat-media.ts";
import { LlamaText } from "../../template/llama-text.ts";
import { tokenizeContext } from "../../template/tokenize-context.ts";
import { adoptEvaluatedTokens } from "../generation/adopt-evaluated-tokens.ts";
import type { ChatRenderer } from "../generation/rendered-chat.ts";
import { appendUserMessageToChatHistory } from "../history/append-user-message.ts";

/** Stands where the user's text ends, to find that place in the rendered chat. No template trims it. */
const endMark = "\u2402colloquy:end\u2403";

export interface OpenUserMessage {
  /** Everything up to the end of the user's text. */
  readonly tokens: readonly Token[];
  /** Texts that would end the user's message or the response to it. */
  readonly stopTriggers: readonly LlamaText[];
}

/** A chat that ends in the middle of a user's message. */
export function renderOpenUserMessage(
  renderer: ChatRenderer,
  history: readonly ChatHistoryItem[],
  prompt: string,
): OpenUserMessage {
  const { sequence, wrapper } = renderer;
  const state = wrapper.generateContextState({
    chatHistory: withMediaMarkers(appendUserMessageToChatHistory(history, prompt + endMark)),
    availableFunctions: renderer.functions,
    documentFunctionParams: renderer.documentFunctionParams,
  });
  const { values } = state.contextText;
  const index = values.findLastIndex((value) => String(value).includes(endMark));
  const value = values[index];
  if (typeof value !== "string") {
    throw new ColloquyError(
      "template-invalid",
      "The chat template does not write the user's message as it is",
    );
  }
  const [before = "", after = ""] = value.split(endMark);
  const tokens = tokenizeContext(LlamaText(values.slice(0, index), before), sequence.model);
  const suffix = LlamaText(after, values[index + 1]);
  return {
    tokens: adoptEvaluatedTokens(tokens, sequence.contextTokens, sequence.model),
    stopTriggers: [...state.stopGenerationTriggers, ...(suffix.trim().values.length > 0 ? [suffix] : [])],
  };
}
