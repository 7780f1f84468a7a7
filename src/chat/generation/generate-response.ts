import type { ContextSequence } from "../../engine/context-sequence.ts";
import type { GrammarMatcher } from "../../grammar/matcher.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import type { ChatWrapper } from "../../template/chat-wrapper.ts";
import { answerOrCall } from "../functions/answer-or-call.ts";
import { writeCalls } from "../functions/write-calls.ts";
import { resolveBudgets } from "./budgets.ts";
import { openResponse } from "./open-response.ts";
import type {
  LLamaChatGenerateResponseOptions,
  LlamaChatResponse,
  LlamaChatResponseFunctionCall,
  StopMetadata,
} from "./options.ts";
import { rememberWritten } from "./rendered-chat.ts";
import { ReplyState } from "./reply-state.ts";
import { type TextEnd, TextWriter } from "./write-text.ts";

/**
 * Writes the response that a history asks for, up to its end or to calls of functions.
 * The history is only read.
 */
export async function generateResponse(
  sequence: ContextSequence,
  wrapper: ChatWrapper,
  history: readonly ChatHistoryItem[],
  options: LLamaChatGenerateResponseOptions,
): Promise<LlamaChatResponse> {
  options.signal?.throwIfAborted();
  const state = new ReplyState(sequence, wrapper, history, options);
  const { tokenizer } = sequence.model;
  const budgets = resolveBudgets(options.budgets, sequence.contextSize, state.before, tokenizer);
  await state.load();
  const grammar = answerGrammar(state);
  while (true) {
    const start = await openResponse(state, budgets);
    const end = start.type === "call" ? start : await new TextWriter(state, budgets, grammar).write(start);
    if (end.type === "done") return finish(state, end.metadata);
    if (end.type === "call") {
      if (options.abortOnNonText === true) return finish(state, { stopReason: "eogToken" });
      return await finishWithCalls(state, end);
    }
    await state.load();
  }
}

/** What holds the answer. Where functions may be called within the text, a call in its place is allowed too. */
function answerGrammar({ options, sequence, wrapper, rendered }: ReplyState): GrammarMatcher | undefined {
  const answer = options.grammar?.matcher(sequence.model);
  const hasFunctions = Object.keys(options.functions ?? {}).length > 0;
  const mayCall =
    hasFunctions && options.abortOnNonText !== true && rendered.state.detectFunctionCalls !== false;
  return answer && mayCall ? answerOrCall(answer, wrapper.settings, sequence.model) : answer;
}

async function finishWithCalls(
  state: ReplyState,
  { wasInText = false }: Extract<TextEnd, { type: "call" }>,
): Promise<LlamaChatResponse> {
  // The call's opening is written by the engine, so what the model wrote of it is rendered away.
  if (wasInText) await state.load();
  const { calls, broken } = await writeCalls(state);
  if (calls.length > 0 && broken !== "abort") return finish(state, { stopReason: "functionCalls" }, calls);
  const stopReason = broken === "abort" ? "abort" : broken === "length" ? "maxTokens" : "eogToken";
  return finish(state, { stopReason }, calls);
}

function finish(
  state: ReplyState,
  metadata: StopMetadata,
  functionCalls: LlamaChatResponseFunctionCall[] = [],
): LlamaChatResponse {
  const { signal, stopOnAbortSignal } = state.options;
  if (metadata.stopReason === "abort" && signal !== undefined) {
    if (stopOnAbortSignal !== true || state.builder.items.length === 0) throw signal.reason;
  }
  rememberWritten(state.sequence, [...state.rendered.tokens, ...state.reply]);
  const fullResponse = state.items;
  return {
    response: fullResponse.filter((item) => typeof item === "string").join(""),
    fullResponse,
    functionCalls: functionCalls.length === 0 ? undefined : functionCalls,
    lastEvaluation: {
      cleanHistory: state.cleanHistory,
      contextWindow: state.contextWindow,
      contextShiftMetadata: state.shiftMetadata,
      edit: state.edit,
    },
    metadata,
  };
}
