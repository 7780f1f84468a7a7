import { ColloquyError } from "../../base/errors.ts";
import type { ContextSequence, EditMode } from "../../engine/context-sequence.ts";
import type { StopTrigger } from "../../engine/sequence-grammar.ts";
import {
  type ChatHistoryItem,
  type ChatModelFunctions,
  chatModelSegmentTypes,
} from "../../template/chat-history-items.ts";
import { withMediaMarkers } from "../../template/chat-media.ts";
import type { ChatWrapper } from "../../template/chat-wrapper.ts";
import { segmentTags } from "../../template/chat-wrapper-settings.ts";
import { renderOpenUserMessage } from "../../template/render-open-user-message.ts";
import { tokenizeContext } from "../../template/tokenize-context.ts";
import { fitHistory } from "../context-shift/fit-history.ts";
import { adoptEvaluatedTokens } from "../generation/adopt-evaluated-tokens.ts";
import { adoptFromEnd } from "../generation/adopt-from-end.ts";
import type { LLamaChatGenerateResponseOptions, StopMetadata } from "../generation/options.ts";
import { appendUserMessageToChatHistory } from "../history/append-user-message.ts";
import { type CompleteTextOptions, completeText } from "./complete-text.ts";

export interface LLamaChatLoadAndCompleteUserMessageOptions extends CompleteTextOptions {
  /** What the user has written so far. Default: nothing. */
  initialUserPrompt?: string;
  /** Not called; their description stays in the context. */
  functions?: ChatModelFunctions;
  documentFunctionParams?: boolean;
  contextShift?: LLamaChatGenerateResponseOptions["contextShift"];
  lastEvaluationContextWindow?: LLamaChatGenerateResponseOptions["lastEvaluationContextWindow"];
}

export interface LlamaChatLoadAndCompleteUserResponse {
  completion: string;
  lastEvaluation: { contextWindow: ChatHistoryItem[]; contextShiftMetadata: object | null; edit?: EditMode };
  metadata: StopMetadata;
}

/** Most tokens of a completion when nothing is said: 256, or half the context when that is less. */
export function defaultCompletionTokens(contextSize: number): number {
  return Math.min(256, Math.ceil(contextSize / 2));
}

/** Goes on writing the user's next message. The history is only read. */
export async function completeUserMessage(
  sequence: ContextSequence,
  wrapper: ChatWrapper,
  history: readonly ChatHistoryItem[],
  options: LLamaChatLoadAndCompleteUserMessageOptions,
): Promise<LlamaChatLoadAndCompleteUserResponse> {
  const { initialUserPrompt = "", functions, documentFunctionParams, contextShift = {} } = options;
  let window: readonly ChatHistoryItem[] = options.lastEvaluationContextWindow?.history ?? history;
  let shiftMetadata = contextShift.lastEvaluationMetadata ?? null;
  let edit = options.lastEvaluationContextWindow?.edit;
  const { edit: shiftEdit = "shift" } = contextShift;
  const render = (items: readonly ChatHistoryItem[]) => {
    const { contextText, stopTriggers } = renderOpenUserMessage(wrapper, {
      chatHistory: withMediaMarkers(appendUserMessageToChatHistory(items, initialUserPrompt)),
      availableFunctions: functions,
      documentFunctionParams,
    });
    const tokens = tokenizeContext(contextText, sequence.model);
    return { stopTriggers, tokens: adoptEvaluatedTokens(tokens, sequence.contextTokens, sequence.model) };
  };
  const rendered = render(window);
  const makeRoom = async (completed: number) => {
    // The unfinished message belongs to the turn that never leaves.
    const open: ChatHistoryItem = { type: "user", text: "" };
    try {
      const fitted = await fitHistory({
        history: [...window, open],
        reservedTokens: completed + 1,
        contextSize: sequence.contextSize,
        options: { ...contextShift, lastEvaluationMetadata: shiftMetadata },
        tokenizer: sequence.model.tokenizer,
        chatWrapper: wrapper,
        countTokens: (items) => render(withoutLastUser(items)).tokens.length,
      });
      window = withoutLastUser(fitted.history);
      shiftMetadata = fitted.metadata;
      edit = shiftEdit;
      return adoptFromEnd(render(window).tokens, rendered.tokens, sequence.model);
    } catch (error) {
      const isFull = error instanceof ColloquyError && error.code === "context-overflow";
      if (isFull && completed > 0) return undefined;
      throw error;
    }
  };
  const { completion, metadata } = await completeText({
    sequence,
    target: rendered.tokens,
    options: { ...options, maxTokens: options.maxTokens ?? defaultCompletionTokens(sequence.contextSize) },
    stopTriggers: [...rendered.stopTriggers, ...segmentTriggers(wrapper)],
    stopAtSpecialTokens: true,
    edit,
    shiftEdit,
    makeRoom,
  });
  return {
    completion,
    metadata,
    lastEvaluation: { contextWindow: [...window], contextShiftMetadata: shiftMetadata, edit },
  };
}

function withoutLastUser(history: readonly ChatHistoryItem[]): ChatHistoryItem[] {
  return history.at(-1)?.type === "user" ? history.slice(0, -1) : [...history];
}

function segmentTriggers(wrapper: ChatWrapper): StopTrigger[] {
  return chatModelSegmentTypes.flatMap((type) => {
    const tags = segmentTags(wrapper.settings, type);
    return [tags?.prefix, tags?.suffix].filter((tag) => tag !== undefined);
  });
}
