import type { ContextSequence } from "../../engine/context-sequence.ts";
import type { Token } from "../../engine/token.ts";
import type { ChatHistoryItem, ChatModelFunctions } from "../../template/chat-history-items.ts";
import { withMediaMarkers } from "../../template/chat-media.ts";
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
    chatHistory: withMediaMarkers(history),
    availableFunctions: renderer.functions,
    documentFunctionParams: renderer.documentFunctionParams,
  });
  const tokens = tokenizeContext(state.contextText, sequence.model);
  return { tokens: adoptEvaluatedTokens(tokens, writtenTokens(sequence), sequence.model), state };
}

const lastWritten = new WeakMap<ContextSequence, readonly Token[]>();

/** Keeps what a sequence wrote with its last token, which no evaluation has put into the context yet. */
export function rememberWritten(sequence: ContextSequence, tokens: readonly Token[]): void {
  lastWritten.set(sequence, tokens);
}

/** What the context holds, with the token behind it that was written and not evaluated. */
function writtenTokens(sequence: ContextSequence): readonly Token[] {
  const held = sequence.contextTokens;
  const written = lastWritten.get(sequence);
  const goesOn = written?.length === held.length + 1 && held.every((token, at) => token === written[at]);
  return goesOn ? written : held;
}
