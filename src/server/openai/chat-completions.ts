import { randomUUID } from "node:crypto";
import { jsonResponse } from "../http/json-response.ts";
import type { RoutedRequest } from "../http/route.ts";
import { streamResponse } from "../http/stream-response.ts";
import { renderedPrompt } from "../pool/rendered-prompt.ts";
import { withLease } from "../pool/with-lease.ts";
import type { Serving } from "../serving.ts";
import { type ChoiceListener, type WrittenChoice, wrapperFor, writeChoice } from "./chat-choice.ts";
import { type ChatRequest, readChatRequest } from "./read-chat-request.ts";
import type { TokenLogprob } from "./token-logprobs.ts";
import { newCallId, ToolCallChunks } from "./tool-call-chunks.ts";
import { usageOf } from "./usage.ts";

interface Written {
  text: string;
  reasoning: string;
  readonly logprobs: TokenLogprob[];
}

type ListenTo = (index: number) => ChoiceListener;

/** `POST /v1/chat/completions` */
export async function chatCompletions(serving: Serving, routed: RoutedRequest): Promise<Response> {
  const request = readChatRequest(routed.body, serving);
  const client = routed.raw.signal;
  if (!request.stream) return answerWhole(serving, request, client);
  return streamResponse(serving, async (stream) => {
    const head = headOf(serving, "chat.completion.chunk");
    const noUsage = request.includeUsage ? { usage: null } : {};
    const begun = new Set<number>();
    const send = (index: number, piece: object, extra: object = {}) => {
      const delta = begun.has(index) ? piece : { role: "assistant", content: "", ...piece };
      begun.add(index);
      stream.send({
        ...head,
        choices: [{ index, delta, logprobs: null, finish_reason: null, ...extra }],
        ...noUsage,
      });
    };
    const choices = await writeChoices(serving, request, [client, stream.signal], {
      listenTo: (index) => streamingListener(index, request, send),
      onDone: (index, { finishReason }) => send(index, {}, { finish_reason: finishReason }),
    });
    const usage = usageOf([choices.map(({ sequence }) => sequence)]);
    if (request.includeUsage) stream.send({ ...head, choices: [], usage });
    stream.sendRaw("[DONE]");
  });
}

async function answerWhole(serving: Serving, request: ChatRequest, client: AbortSignal): Promise<Response> {
  const written: Written[] = [];
  const choices = await writeChoices(serving, request, [client], {
    listenTo: (index) => {
      const own: Written = { text: "", reasoning: "", logprobs: [] };
      written[index] = own;
      return collectingListener(own);
    },
  });
  return jsonResponse({
    ...headOf(serving, "chat.completion"),
    choices: choices.map((choice, index) => choiceJson(choice, index, written[index]!, request)),
    usage: usageOf([choices.map(({ sequence }) => sequence)]),
  });
}

/** All replies of a request, one after the other on one sequence: they share its prompt. */
async function writeChoices(
  serving: Serving,
  request: ChatRequest,
  signals: readonly AbortSignal[],
  { listenTo, onDone }: { listenTo: ListenTo; onDone?: (index: number, choice: WrittenChoice) => void },
): Promise<WrittenChoice[]> {
  const { history, tools } = request;
  const target = () => renderedPrompt(serving, wrapperFor(serving, request), history, tools.callable);
  return withLease(serving, target, signals, async (lease, signal) => {
    const choices: WrittenChoice[] = [];
    for (let index = 0; index < request.choices; index++) {
      const choice = await writeChoice(serving, request, index, lease, signal, listenTo(index));
      serving.metrics.countReply(choice.sequence);
      choices.push(choice);
      onDone?.(index, choice);
      if (signals.some(({ aborted }) => aborted)) break;
    }
    return choices;
  });
}

function streamingListener(
  index: number,
  { topLogprobs }: ChatRequest,
  send: (index: number, delta: object, extra?: object) => void,
): ChoiceListener {
  const calls = new ToolCallChunks();
  return {
    onText: (content, logprobs) =>
      send(index, { content }, topLogprobs === undefined ? {} : { logprobs: { content: logprobs } }),
    onReasoning: (reasoning_content) => send(index, { reasoning_content }),
    onToolCall: (chunk) => {
      for (const delta of calls.next(chunk)) send(index, { tool_calls: [delta] });
    },
  };
}

function collectingListener(written: Written): ChoiceListener {
  return {
    onText: (text, logprobs) => {
      written.text += text;
      written.logprobs.push(...logprobs);
    },
    onReasoning: (text) => {
      written.reasoning += text;
    },
    onToolCall: () => {},
  };
}

function choiceJson(
  { finishReason, calls }: WrittenChoice,
  index: number,
  { text, reasoning, logprobs }: Written,
  { topLogprobs }: ChatRequest,
): object {
  const toolCalls = calls.map(({ name, params }) => ({
    id: newCallId(),
    type: "function",
    function: { name, arguments: JSON.stringify(params ?? {}) },
  }));
  return {
    index,
    message: {
      role: "assistant",
      content: toolCalls.length > 0 && text === "" ? null : text,
      refusal: null,
      ...(reasoning === "" ? {} : { reasoning_content: reasoning }),
      ...(toolCalls.length === 0 ? {} : { tool_calls: toolCalls }),
    },
    logprobs: topLogprobs === undefined ? null : { content: logprobs, refusal: null },
    finish_reason: finishReason,
  };
}

/** What all objects of one answer begin with. */
function headOf({ modelId }: Serving, object: string): object {
  return {
    id: `chatcmpl-${randomUUID().replaceAll("-", "")}`,
    object,
    created: Math.floor(Date.now() / 1000),
    model: modelId,
  };
}
