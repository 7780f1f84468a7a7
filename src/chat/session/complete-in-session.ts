import type { ContextSequence, EditMode } from "../../engine/context-sequence.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import { defaultCompletionTokens } from "../completion/complete-user-message.ts";
import type { LlamaChat } from "../generation/llama-chat.ts";
import type { LLamaChatContextShiftOptions } from "../generation/options.ts";
import type { CompletionResult, LLamaChatCompletePromptOptions } from "./options.ts";

export interface CompleteInSessionInput {
  readonly prompt: string;
  readonly history: readonly ChatHistoryItem[];
  readonly window: readonly ChatHistoryItem[] | undefined;
  readonly contextShift: LLamaChatContextShiftOptions;
  readonly edit?: EditMode;
  readonly options: LLamaChatCompletePromptOptions;
}

export interface CompletedInSession {
  readonly result: CompletionResult;
  readonly contextWindow: readonly ChatHistoryItem[];
  readonly shiftMetadata: object | null;
  readonly edit?: EditMode;
}

/** Asks the model to write what the user may say, for formats in which a user's message cannot be left open. */
const completeAsModelMessages: readonly ChatHistoryItem[] = [
  {
    type: "system",
    text: "Write the next message of the user, as the user would write it: the same language, the same tone, nothing else.",
  },
  { type: "user", text: "" },
  { type: "model", response: [] },
];

/** Completes a prompt on a session's chat, as the user's message or as an answer of the model. */
export async function completeInSession(
  chat: LlamaChat<ContextSequence>,
  input: CompleteInSessionInput,
): Promise<CompletedInSession> {
  return completesAsModel(chat, input.options) ? completeAsModel(chat, input) : completeAsUser(chat, input);
}

function completesAsModel(
  chat: LlamaChat<ContextSequence>,
  options: LLamaChatCompletePromptOptions,
): boolean {
  const { completeAsModel: choice = "auto" } = options;
  const enabled = typeof choice === "object" ? (choice.enabled ?? "auto") : choice;
  return enabled === "auto" ? chat.model.metadata["general.architecture"] === "gpt-oss" : enabled;
}

async function completeAsUser(
  chat: LlamaChat<ContextSequence>,
  { prompt, history, window, contextShift, edit, options }: CompleteInSessionInput,
): Promise<CompletedInSession> {
  const { completion, lastEvaluation, metadata } = await chat.loadChatAndCompleteUserMessage(
    withoutOpenUser(history),
    {
      ...options,
      initialUserPrompt: prompt,
      contextShift,
      lastEvaluationContextWindow: window && { history: withoutOpenUser(window), edit },
    },
  );
  return {
    result: { completion, ...metadata },
    contextWindow: lastEvaluation.contextWindow,
    shiftMetadata: lastEvaluation.contextShiftMetadata,
    edit: lastEvaluation.edit,
  };
}

async function completeAsModel(
  chat: LlamaChat<ContextSequence>,
  { prompt, history, window, contextShift, edit, options }: CompleteInSessionInput,
): Promise<CompletedInSession> {
  const { completeAsModel: choice, maxTokens, ...rest } = options;
  const given = typeof choice === "object" ? choice.appendedMessages : undefined;
  const messages = given === undefined || given.length === 0 ? completeAsModelMessages : given;
  const appended = withPromptInResponse(messages, prompt);
  const { response, lastEvaluation, metadata } = await chat.generateResponse([...history, ...appended], {
    ...rest,
    maxTokens: maxTokens ?? defaultCompletionTokens(chat.sequence.contextSize),
    abortOnNonText: true,
    contextShift,
    lastEvaluationContextWindow: window && { history: [...window, ...appended], edit },
  });
  return {
    result: { completion: response.slice(prompt.length), ...metadata },
    contextWindow: lastEvaluation.contextWindow.slice(0, -appended.length),
    shiftMetadata: lastEvaluation.contextShiftMetadata,
    edit: lastEvaluation.edit,
  };
}

function withPromptInResponse(messages: readonly ChatHistoryItem[], prompt: string): ChatHistoryItem[] {
  const last = messages.at(-1);
  if (last?.type !== "model") return [...messages, { type: "model", response: [prompt] }];
  return [...messages.slice(0, -1), { ...last, response: [...last.response, prompt] }];
}

function withoutOpenUser(history: readonly ChatHistoryItem[]): ChatHistoryItem[] {
  return history.slice(0, history.findLastIndex(({ type }) => type !== "user") + 1);
}
