import type { ContextSequence } from "../../engine/context-sequence.ts";
import type { Token } from "../../engine/token.ts";
import type { ChatHistoryItem, ChatModelFunctions } from "../../template/chat-history-items.ts";
import type { ChatWrapper, ChatWrapperGeneratedContextState } from "../../template/chat-wrapper.ts";
import { tokenizeContext } from "../../template/tokenize-context.ts";
import { adoptEvaluatedTokens } from "./adopt-evaluated-tokens.ts";

export interface ChatRenderer {
  readonly sequence: ContextSequence;
  readonly wrapper: ChatWrapper;
  readonly functions?: ChatModelFunctions;
  readonly documentFunctionParams?: boolean;
}

export interface RenderedChat {
  readonly tokens: readonly Token[];
  readonly state: ChatWrapperGeneratedContextState;
}

/** A history as the tokens that the model gets. */
export function renderChat(renderer: ChatRenderer, history: readonly ChatHistoryItem[]): RenderedChat {
  const { sequence, wrapper } = renderer;
  const state = wrapper.generateContextState({
    chatHistory: history,
    availableFunctions: renderer.functions,
    documentFunctionParams: renderer.documentFunctionParams,
  });
  const tokens = tokenizeContext(state.contextText, sequence.model);
  return { tokens: adoptEvaluatedTokens(tokens, sequence.contextTokens, sequence.model), state };
}
