import { randomUUID } from "node:crypto";
import { LlamaCompletion } from "../../chat/completion/llama-completion.ts";
import type { Token } from "../../engine/token.ts";
import { jsonResponse } from "../http/json-response.ts";
import type { RoutedRequest } from "../http/route.ts";
import { streamResponse } from "../http/stream-response.ts";
import { MeteredSequence } from "../pool/metered-sequence.ts";
import type { Lease } from "../pool/sequence-pool.ts";
import { withLease } from "../pool/with-lease.ts";
import type { Serving } from "../serving.ts";
import {
  type CompletionRequest,
  readCompletionRequest,
  type TextOrTokens,
} from "./read-completion-request.ts";
import { type TokenLogprob, TokenLogprobs } from "./token-logprobs.ts";
import { usageOf } from "./usage.ts";

interface WrittenText {
  readonly text: string;
  readonly finishReason: "stop" | "length";
  readonly logprobs: readonly TokenLogprob[];
  readonly sequence: MeteredSequence;
}

/** `POST /v1/completions` */
export async function textCompletions(serving: Serving, routed: RoutedRequest): Promise<Response> {
  const request = readCompletionRequest(routed.body, serving);
  const client = routed.raw.signal;
  const head = {
    id: `cmpl-${randomUUID().replaceAll("-", "")}`,
    object: "text_completion",
    created: Math.floor(Date.now() / 1000),
    model: serving.modelId,
  };
  if (!request.stream) {
    const written = await writeTexts(serving, request, [client], () => {});
    const choices = written.flat().map((one, index) => ({
      index,
      text: one.text,
      logprobs: request.logprobs === undefined ? null : legacyLogprobs(one.logprobs, request.logprobs),
      finish_reason: one.finishReason,
    }));
    return jsonResponse({ ...head, choices, usage: usageOf(sequencesOf(written)) });
  }
  return streamResponse(serving, async (stream) => {
    const send = (
      index: number,
      text: string,
      finish_reason: string | null,
      logprobs: object | null = null,
    ) => stream.send({ ...head, choices: [{ index, text, logprobs, finish_reason }] });
    const written = await writeTexts(serving, request, [client, stream.signal], (index, text) =>
      send(index, text, null),
    );
    for (const [index, one] of written.flat().entries()) {
      const logprobs = request.logprobs === undefined ? null : legacyLogprobs(one.logprobs, request.logprobs);
      send(index, "", one.finishReason, logprobs);
    }
    if (request.includeUsage) stream.send({ ...head, choices: [], usage: usageOf(sequencesOf(written)) });
    stream.sendRaw("[DONE]");
  });
}

/** The replies to each prompt. */
async function writeTexts(
  serving: Serving,
  request: CompletionRequest,
  signals: readonly AbortSignal[],
  onText: (index: number, text: string) => void,
): Promise<WrittenText[][]> {
  const [first] = request.prompts;
  const target = () => (typeof first === "string" ? serving.model.tokenize(first) : (first ?? []));
  return withLease(serving, target, signals, async (lease, signal) => {
    const written: WrittenText[][] = [];
    for (const [promptIndex, prompt] of request.prompts.entries()) {
      const replies: WrittenText[] = [];
      written.push(replies);
      for (let choice = 0; choice < request.choices; choice++) {
        const index = promptIndex * request.choices + choice;
        replies.push(
          await writeText(serving, request, prompt, choice, lease, signal, (text) => onText(index, text)),
        );
        serving.metrics.countReply(replies.at(-1)!.sequence);
        if (signals.some(({ aborted }) => aborted)) return written;
      }
    }
    return written;
  });
}

async function writeText(
  serving: Serving,
  request: CompletionRequest,
  prompt: TextOrTokens,
  choice: number,
  lease: Lease,
  signal: AbortSignal,
  onText: (text: string) => void,
): Promise<WrittenText> {
  const { model } = serving;
  const logprobs = request.logprobs === undefined ? undefined : new TokenLogprobs(model, request.logprobs);
  const sequence = new MeteredSequence(lease.sequence, {
    logprobs: request.logprobs === undefined ? 0 : Math.max(1, request.logprobs),
    onToken: logprobs && ((token) => logprobs.add(token)),
  });
  const taken: TokenLogprob[] = [];
  const { sampling, suffix } = request;
  const options = {
    ...sampling,
    seed: sampling.seed === undefined ? undefined : sampling.seed + choice,
    maxTokens: request.maxTokens,
    customStopTriggers: request.stops,
    signal,
    stopOnAbortSignal: true,
    // A text is never shortened behind the client's back.
    disableContextShift: true,
    onTextChunk: onText,
    onToken: (tokens: Token[]) => void taken.push(...(logprobs?.take(tokens) ?? [])),
  };
  const echoed = request.echo ? textOf(prompt, serving) : "";
  if (echoed !== "") onText(echoed);
  const completion = new LlamaCompletion({ contextSequence: sequence });
  const { response, metadata } =
    suffix === undefined
      ? await completion.generateCompletionWithMeta(prompt as string | Token[], options)
      : await completion.generateInfillCompletionWithMeta(prompt as string | Token[], suffix, options);
  const isCut = metadata.stopReason === "maxTokens" || metadata.stopReason === "abort";
  return { text: echoed + response, finishReason: isCut ? "length" : "stop", logprobs: taken, sequence };
}

function textOf(prompt: TextOrTokens, { model }: Serving): string {
  return typeof prompt === "string" ? prompt : model.detokenize(prompt);
}

function sequencesOf(written: readonly (readonly WrittenText[])[]): MeteredSequence[][] {
  return written.map((replies) => replies.map(({ sequence }) => sequence));
}

/** The older shape of log probabilities that this endpoint has. */
function legacyLogprobs(logprobs: readonly TokenLogprob[], topCount: number): object {
  let offset = 0;
  return {
    tokens: logprobs.map(({ token }) => token),
    token_logprobs: logprobs.map(({ logprob }) => logprob),
    top_logprobs:
      topCount === 0
        ? null
        : logprobs.map(({ top_logprobs }) =>
            Object.fromEntries(top_logprobs.map(({ token, logprob }) => [token, logprob])),
          ),
    text_offset: logprobs.map(({ token }) => {
      const start = offset;
      offset += token.length;
      return start;
    }),
  };
}
