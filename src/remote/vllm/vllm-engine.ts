import { ColloquyError, UnsupportedError } from "../../base/errors.ts";
import type { Token } from "../../engine/token.ts";
import { eventData } from "../http/event-data.ts";
import type { HttpEndpoint } from "../http/http-endpoint.ts";
import { TransportError } from "../http/transport-error.ts";
import { asCount, asList, asObject, countOrNothing, type JsonObject } from "../read-answer.ts";
import type {
  EngineFacts,
  RemoteEngine,
  RemoteEvent,
  RemoteLogprobs,
  RemoteRequest,
} from "../remote-engine.ts";
import { toXgrammar } from "./to-xgrammar.ts";

/** vLLM clamps biases to this. */
const biasMax = 100;
/** Statuses of requests that would be refused again. */
const refusals: ReadonlySet<unknown> = new Set([400, 404, 422]);
/** vLLM raises what is between 0 and this. */
const temperatureMin = 0.01;

/** vLLM's OpenAI-compatible server (https://docs.vllm.ai/en/latest/serving/openai_compatible_server.html). */
export class VllmEngine implements RemoteEngine {
  readonly type = "vllm";
  readonly #endpoint: HttpEndpoint;

  constructor(endpoint: HttpEndpoint) {
    this.#endpoint = endpoint;
  }

  async facts(modelName: string | undefined, signal?: AbortSignal): Promise<EngineFacts> {
    const answer = asObject(await this.#endpoint.json("/v1/models", { signal }), "/v1/models");
    const models = asList(answer.data, "data").map((entry) => asObject(entry, "a model"));
    const model = modelName === undefined ? models[0] : models.find(({ id }) => id === modelName);
    if (model === undefined)
      throw new ColloquyError("model-not-found", `vLLM serves no model ${modelName ?? ""}`, {
        hint: `it serves ${models.map(({ id }) => String(id)).join(", ") || "none"}`,
      });
    // An adapter has no length of its own: its model's counts.
    const sized =
      model.max_model_len == null ? (models.find(({ id }) => id === model.parent) ?? model) : model;
    return { contextSize: asCount(sized.max_model_len, "max_model_len") - 1, modelName: String(model.id) };
  }

  async tokenize(
    text: string,
    modelName: string,
    signal?: AbortSignal,
    sessionKey?: string,
  ): Promise<Token[]> {
    const body = { model: modelName, prompt: text, add_special_tokens: false };
    const answer = asObject(
      await this.#endpoint.json("/tokenize", { body, sessionKey, signal }),
      "/tokenize",
    );
    return asList(answer.tokens, "tokens").map((id) => asCount(id, "a token") as Token);
  }

  async readVocabulary(): Promise<never> {
    throw new UnsupportedError(
      "modelPath: vLLM does not tell the bytes of tokens that are parts of characters",
      {
        hint: "give the model's GGUF file",
      },
    );
  }

  check({ sampling, grammar }: Pick<RemoteRequest, "sampling" | "grammar">): void {
    if (sampling.xtc !== undefined && sampling.temperature > 0)
      throw new UnsupportedError("xtc: vLLM has no such sampler");
    if (sampling.dry !== undefined) throw new UnsupportedError("dryRepeatPenalty: vLLM has no such sampler");
    if (sampling.temperature > 0 && sampling.temperature < temperatureMin)
      throw new UnsupportedError(
        `temperature: vLLM takes 0 or ${temperatureMin} and more, not ${sampling.temperature}`,
      );
    for (const bias of sampling.tokenBias?.values() ?? [])
      if (Math.abs(bias) > biasMax && bias !== Number.NEGATIVE_INFINITY)
        throw new UnsupportedError(
          `tokenBias: vLLM takes biases from -${biasMax} to ${biasMax}, not ${bias}`,
        );
    if (grammar !== undefined) toXgrammar(grammar);
  }

  async *stream(request: RemoteRequest, modelName: string): AsyncGenerator<RemoteEvent, void, void> {
    const body = {
      ...requestBody(request, modelName),
      stream: true,
      stream_options: { include_usage: true },
    };
    const { signal, sessionKey } = request;
    const response = await this.#endpoint.open("/v1/completions", { body, sessionKey, signal });
    let finish: (RemoteEvent & { type: "finish" }) | undefined;
    let last: ToldToken[] = [];
    for await (const event of eventData(response, signal)) {
      const data = checkedEvent(event);
      for (const choice of asList(data.choices ?? [], "choices")) {
        const one = asObject(choice, "a choice");
        const told = [...tokensOf(one, request.logprobs)].map((token) => checkedToken(token, request));
        finish = finishOf(one, undefined) ?? finish;
        if (finish === undefined) yield* told;
        else last = [...last, ...told];
      }
      // The usage comes in an event of its own, behind the finish. It is told before the last tokens, because nobody
      // who has as many tokens as he asked for waits for more.
      if (finish === undefined || typeof data.usage !== "object" || data.usage === null) continue;
      const cached = cachedTokens(data);
      if (cached !== undefined) yield { type: "cached", tokens: cached };
      yield* last;
      return yield { ...finish, cachedTokens: cached };
    }
    signal.throwIfAborted();
    yield* last;
    if (finish === undefined) throw new TransportError("The stream ended without its finish");
    yield finish;
  }

  async complete(request: RemoteRequest, modelName: string) {
    const { signal, sessionKey } = request;
    const body = { ...requestBody(request, modelName), stream: false };
    const data = checkedEvent(await this.#endpoint.json("/v1/completions", { body, sessionKey, signal }));
    const choice = asObject(asList(data.choices, "choices")[0], "a choice");
    const finish = finishOf(choice, cachedTokens(data));
    if (finish === undefined) throw new TransportError("vLLM sent no finish_reason");
    return { tokens: [...tokensOf(choice, 0)].map((told) => checkedToken(told, request).token), finish };
  }
}

function requestBody(request: RemoteRequest, modelName: string): JsonObject {
  const { grammar, logprobs, sampling } = request;
  const isGreedy = sampling.temperature === 0;
  return {
    model: modelName,
    prompt: request.promptIds,
    max_tokens: request.maxTokens,
    return_token_ids: true,
    temperature: sampling.temperature,
    top_k: isGreedy ? 0 : sampling.topK,
    top_p: isGreedy ? 1 : sampling.topP,
    min_p: isGreedy ? 0 : sampling.minP,
    ...(sampling.seed === undefined ? {} : { seed: sampling.seed }),
    // What a request leaves out, vLLM takes from the model's generation_config.json.
    repetition_penalty: 1,
    presence_penalty: 0,
    frequency_penalty: 0,
    ...(sampling.tokenBias === undefined ? {} : { logit_bias: logitBias(sampling.tokenBias) }),
    // The schema mode can go on with white space for ever, so a schema is sent as a grammar too.
    ...(grammar === undefined ? {} : { structured_outputs: { grammar: toXgrammar(grammar) } }),
    ...(logprobs > 0 ? { logprobs, return_tokens_as_token_ids: true } : {}),
  };
}

/** JSON has no infinity: "never" is the strongest bias there is, and {@link checkedToken} holds the engine to it. */
function logitBias(biases: ReadonlyMap<Token, number>): Readonly<Record<string, number>> {
  return Object.fromEntries([...biases].map(([token, bias]) => [token, Math.max(bias, -biasMax)]));
}

type ToldToken = RemoteEvent & { type: "token" };

/** @throws ColloquyError `unsupported` for a token that is never to be, unless a grammar may have left nothing else */
function checkedToken(told: ToldToken, { grammar, sampling }: RemoteRequest): ToldToken {
  if (grammar === undefined && sampling.tokenBias?.get(told.token) === Number.NEGATIVE_INFINITY)
    throw new UnsupportedError(
      `tokenBias: vLLM wrote token ${told.token} in spite of the strongest bias it takes, -${biasMax}`,
    );
  return told;
}

function* tokensOf(choice: JsonObject, count: number): Generator<ToldToken> {
  // Without the field, its ids are not returned: an older server that ignores what it does not know.
  const ids = asList(choice.token_ids ?? [], "token_ids");
  if (ids.length === 0 && choice.text !== undefined && choice.text !== "" && choice.token_ids == null)
    throw new ColloquyError("unsupported", "This vLLM does not return token ids (return_token_ids)");
  for (const [index, id] of ids.entries()) {
    const token = asCount(id, "a token") as Token;
    if (count === 0) yield { type: "token", token };
    else yield { type: "token", token, logprobs: logprobsOf(choice, index, count) };
  }
}

function logprobsOf(choice: JsonObject, index: number, count: number): RemoteLogprobs {
  const { token_logprobs, top_logprobs } = asObject(choice.logprobs, "logprobs");
  const top = asObject(asList(top_logprobs, "top_logprobs")[index], "top_logprobs");
  return {
    token: Number(asList(token_logprobs, "token_logprobs")[index]),
    top: Object.entries(top)
      .map(
        ([name, value]) =>
          [asCount(Number(name.replace("token_id:", "")), "a token") as Token, Number(value)] as const,
      )
      .sort((a, b) => b[1] - a[1])
      // The token that was taken stands there too, where it is not one of the best.
      .slice(0, count),
  };
}

/** @throws ColloquyError `unsupported` for a refused request, which a stream tells as an event; else TransportError */
function checkedEvent(value: unknown): JsonObject {
  const data = asObject(value, "An answer of /v1/completions");
  if (data.error === undefined) return data;
  const message = `vLLM failed: ${JSON.stringify(data.error)}`;
  if (refusals.has((data.error as JsonObject | null)?.code)) throw new ColloquyError("unsupported", message);
  throw new TransportError(message);
}

function finishOf(
  choice: JsonObject,
  cached: number | undefined,
): (RemoteEvent & { type: "finish" }) | undefined {
  if (typeof choice.finish_reason !== "string") return undefined;
  if (choice.finish_reason === "error" || choice.finish_reason === "abort")
    throw new TransportError(`vLLM gave the request up: ${choice.finish_reason}`);
  return { type: "finish", reason: choice.finish_reason === "stop" ? "eog" : "length", cachedTokens: cached };
}

function cachedTokens({ usage }: JsonObject): number | undefined {
  if (typeof usage !== "object" || usage === null) return undefined;
  const details = (usage as JsonObject).prompt_tokens_details;
  return typeof details === "object" && details !== null
    ? countOrNothing((details as JsonObject).cached_tokens)
    : undefined;
}
