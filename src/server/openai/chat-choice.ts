import { ColloquyError } from "../../base/errors.ts";
import { LlamaChat } from "../../chat/generation/llama-chat.ts";
import type {
  LLamaChatContextShiftOptions,
  LLamaChatGenerateResponseOptions,
  StopReason,
} from "../../chat/generation/options.ts";
import type {
  LlamaChatResponseChunk,
  LlamaChatResponseFunctionCallParamsChunk,
} from "../../chat/response/response-chunk.ts";
import { serverMediaLimits } from "../media-limits.ts";
import { MeteredSequence } from "../pool/metered-sequence.ts";
import type { Lease } from "../pool/sequence-pool.ts";
import type { Serving } from "../serving.ts";
import { ForcedCallWrapper } from "./forced-call-wrapper.ts";
import type { ChatRequest } from "./read-chat-request.ts";
import { type TokenLogprob, TokenLogprobs } from "./token-logprobs.ts";

export type FinishReason = "stop" | "length" | "tool_calls";

/** Told about a reply while it is written. */
export interface ChoiceListener {
  onText(text: string, logprobs: readonly TokenLogprob[]): void;
  onReasoning(text: string): void;
  onToolCall(chunk: LlamaChatResponseFunctionCallParamsChunk): void;
}

export interface WrittenChoice {
  readonly finishReason: FinishReason;
  readonly calls: readonly { readonly name: string; readonly params: unknown }[];
  readonly sequence: MeteredSequence;
}

/** A stateless request is never shortened behind the client's back. */
const noShift: LLamaChatContextShiftOptions = {
  strategy: () => {
    throw new ColloquyError("context-overflow", "The messages do not fit into the context", {
      hint: "send fewer or shorter messages",
    });
  },
};

/** Writes one reply to a chat request. @throws ColloquyError `context-overflow`; the signal's reason */
export async function writeChoice(
  serving: Serving,
  request: ChatRequest,
  index: number,
  lease: Lease,
  signal: AbortSignal,
  listener: ChoiceListener,
): Promise<WrittenChoice> {
  const { tools, grammar, sampling, topLogprobs } = request;
  const logprobs = topLogprobs === undefined ? undefined : new TokenLogprobs(serving.model, topLogprobs);
  const sequence = new MeteredSequence(lease.sequence, {
    logprobs: topLogprobs === undefined ? 0 : Math.max(1, topLogprobs),
    onToken: logprobs && ((token) => logprobs.add(token)),
  });
  const chat = new LlamaChat({
    contextSequence: sequence,
    chatWrapper: wrapperFor(serving, request),
    mediaLimits: serverMediaLimits,
  });
  const options: LLamaChatGenerateResponseOptions = {
    ...sampling,
    seed: sampling.seed === undefined ? undefined : sampling.seed + index,
    maxTokens: request.maxTokens,
    customStopTriggers: request.stops,
    signal,
    stopOnAbortSignal: true,
    contextShift: noShift,
    functions: tools.callable,
    maxParallelFunctionCalls: tools.maxParallelCalls,
    // A response that must be a call has no answer that could be held to it.
    grammar: tools.forced ? undefined : grammar,
    onResponseChunk: (chunk) => announce(chunk, logprobs, listener),
    onFunctionCallParamsChunk: (chunk) => listener.onToolCall(chunk),
  };
  const { functionCalls = [], metadata } = await chat.generateResponse(request.history, options);
  return {
    finishReason: finishReasonOf(metadata.stopReason),
    calls: functionCalls.map(({ functionName: name, params }) => ({ name, params })),
    sequence,
  };
}

export function wrapperFor({ chatWrapper }: Serving, { tools }: ChatRequest) {
  return tools.forced ? new ForcedCallWrapper(chatWrapper) : chatWrapper;
}

function announce(
  chunk: LlamaChatResponseChunk,
  logprobs: TokenLogprobs | undefined,
  listener: ChoiceListener,
): void {
  const taken = logprobs?.take(chunk.tokens) ?? [];
  if (chunk.type === undefined) {
    if (chunk.text !== "" || taken.length > 0) listener.onText(chunk.text, taken);
  } else if (chunk.segmentType === "thought" && chunk.text !== "") listener.onReasoning(chunk.text);
}

function finishReasonOf(reason: StopReason): FinishReason {
  if (reason === "functionCalls") return "tool_calls";
  return reason === "maxTokens" || reason === "abort" ? "length" : "stop";
}
