import type { ContextSequence, EditMode } from "../../engine/context-sequence.ts";
import type { ChatHistoryItem, ChatModelFunctionCall } from "../../template/chat-history-items.ts";
import { CallRepetition } from "../functions/call-repetition.ts";
import { type CallResult, runHandlers } from "../functions/run-handlers.ts";
import type { LlamaChat } from "../generation/llama-chat.ts";
import type {
  LastEvaluation,
  LLamaChatGenerateResponseOptions,
  LlamaChatResponse,
} from "../generation/options.ts";
import { lastResponse, withResponse } from "../generation/reply-state.ts";
import type { LLamaChatPromptOptions, LlamaChatSessionContextShiftOptions } from "./options.ts";

export interface PromptRunInput {
  readonly chat: LlamaChat<ContextSequence>;
  /** The chat with the prompt and the beginning of the response. */
  readonly history: readonly ChatHistoryItem[];
  /** The same, as far as the context holds it. */
  readonly window: readonly ChatHistoryItem[] | undefined;
  readonly shiftMetadata: object | null | undefined;
  /** How the context came to hold it. */
  readonly edit?: EditMode;
  readonly contextShift: LlamaChatSessionContextShiftOptions | undefined;
  readonly options: LLamaChatPromptOptions;
}

export type PromptOutcome = Pick<
  LlamaChatResponse,
  "fullResponse" | "response" | "metadata" | "lastEvaluation"
>;

/** Generates the response to a prompt, running the functions that it calls, until it has come to its end. */
export async function runPrompt(input: PromptRunInput): Promise<PromptOutcome> {
  const { chat, options } = input;
  const { functions, functionErrors = "throw", signal } = options;
  const repetition = new CallRepetition();
  let { maxTokens } = options;
  let callCount = 0;
  let last: LastEvaluation = {
    cleanHistory: [...input.history],
    contextWindow: [...(input.window ?? input.history)],
    contextShiftMetadata: input.shiftMetadata ?? null,
    edit: input.edit,
  };
  while (true) {
    const outputBefore = chat.sequence.tokenMeter.usedOutputTokens;
    const result = await chat.generateResponse(last.cleanHistory, {
      ...(options as LLamaChatGenerateResponseOptions),
      ...countedFrom(options, callCount),
      maxTokens,
      contextShift: { ...input.contextShift, lastEvaluationMetadata: last.contextShiftMetadata },
      lastEvaluationContextWindow: { history: last.contextWindow, edit: last.edit },
    });
    const { functionCalls = [] } = result;
    if (result.metadata.stopReason !== "functionCalls" || functions === undefined) return result;
    if (maxTokens !== undefined) {
      maxTokens = Math.max(0, maxTokens - (chat.sequence.tokenMeter.usedOutputTokens - outputBefore));
    }
    for (const call of functionCalls) repetition.add(call);
    const stopped = () => signal?.aborted === true && options.stopOnAbortSignal === true;
    let results: CallResult[];
    try {
      results = await runHandlers(functionCalls, functions, functionErrors, signal);
    } catch (error) {
      if (stopped() && error === signal?.reason) return { ...result, metadata: { stopReason: "abort" } };
      throw error;
    }
    callCount += results.length;
    const startsNewChunk = chat.chatWrapper.settings.functions.parallelism !== undefined;
    const items = results.map(({ call, result: value }, index): ChatModelFunctionCall => {
      const { description } = functions[call.functionName]!;
      return {
        type: "functionCall",
        name: call.functionName,
        ...(description === undefined ? {} : { description }),
        params: call.params,
        result: value,
        rawCall: call.raw,
        ...(startsNewChunk && index === 0 ? { startsNewChunk } : {}),
      };
    });
    last = withCalls(result.lastEvaluation, items);
  }
}

/** Parameter chunks count the calls of the whole response. */
function countedFrom(
  { onFunctionCallParamsChunk }: LLamaChatPromptOptions,
  before: number,
): Pick<LLamaChatGenerateResponseOptions, "onFunctionCallParamsChunk"> {
  if (onFunctionCallParamsChunk === undefined) return {};
  return {
    onFunctionCallParamsChunk: (chunk) =>
      onFunctionCallParamsChunk({ ...chunk, callIndex: before + chunk.callIndex }),
  };
}

function withCalls(evaluation: LastEvaluation, calls: readonly ChatModelFunctionCall[]): LastEvaluation {
  const add = (history: ChatHistoryItem[]) => withResponse(history, [...lastResponse(history), ...calls]);
  return {
    ...evaluation,
    cleanHistory: add(evaluation.cleanHistory),
    contextWindow: add(evaluation.contextWindow),
  };
}
