import { InvalidArgumentError } from "../../base/errors.ts";
import type { ContextSequence } from "../../engine/context-sequence.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import type { ChatWrapper } from "../../template/chat-wrapper.ts";
import { resolveBudgets } from "./budgets.ts";
import { openFirstThought } from "./open-response.ts";
import type {
  LLamaChatGenerateResponseOptions,
  LlamaChatResponse,
  LlamaChatResponseFunctionCall,
  StopMetadata,
} from "./options.ts";
import { ReplyState } from "./reply-state.ts";
import { TextWriter } from "./write-text.ts";

/**
 * Writes the response that a history asks for, up to its end or to a call of a function.
 * The history is only read.
 */
export async function generateResponse(
  sequence: ContextSequence,
  wrapper: ChatWrapper,
  history: readonly ChatHistoryItem[],
  options: LLamaChatGenerateResponseOptions,
): Promise<LlamaChatResponse> {
  const hasFunctions = Object.keys(options.functions ?? {}).length > 0;
  if (options.grammar !== undefined && hasFunctions && options.abortOnNonText !== true) {
    throw new InvalidArgumentError("A response cannot have both a grammar and functions");
  }
  options.signal?.throwIfAborted();
  const state = new ReplyState(sequence, wrapper, history, options);
  const budgets = resolveBudgets(
    options.budgets,
    sequence.contextSize,
    state.before,
    sequence.model.tokenizer,
  );
  await state.load();
  openFirstThought(state, budgets);
  const grammar = options.grammar?.matcher(sequence.model);
  while (true) {
    const writer = new TextWriter(state, budgets, grammar);
    const end = await writer.write();
    if (end.type === "done") return finish(state, end.metadata, []);
    await state.load();
  }
}

function finish(
  state: ReplyState,
  metadata: StopMetadata,
  functionCalls: LlamaChatResponseFunctionCall[],
): LlamaChatResponse {
  const { signal, stopOnAbortSignal } = state.options;
  if (metadata.stopReason === "abort" && signal !== undefined) {
    if (stopOnAbortSignal !== true || state.builder.items.length === 0) throw signal.reason;
  }
  const fullResponse = state.items;
  return {
    response: fullResponse.filter((item) => typeof item === "string").join(""),
    fullResponse,
    functionCalls: functionCalls.length === 0 ? undefined : functionCalls,
    lastEvaluation: {
      cleanHistory: state.cleanHistory,
      contextWindow: state.contextWindow,
      contextShiftMetadata: state.shiftMetadata,
    },
    metadata,
  };
}
