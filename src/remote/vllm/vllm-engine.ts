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

/** vLLM clamps biases to this. */
const biasMax = 100;

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
    return { contextSize: asCount(model.max_model_len, "max_model_len") - 1, modelName: String(model.id) };
  }

  async tokenize(text: string, modelName: string, signal?: AbortSignal): Promise<Token[]> {
    const body = { model: modelName, prompt: text, add_special_tokens: false };
    const answer = asObject(await this.#endpoint.json("/tokenize", { body, signal }), "/tokenize");
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
    for (const bias of sampling.tokenBias?.values() ?? [])
      if (Math.abs(bias) > biasMax)
        throw new UnsupportedError(
          `tokenBias: vLLM takes biases from -${biasMax} to ${biasMax}, not ${bias}`,
        );
    if (grammar !== undefined && /<\[\d+\]>/.test(grammar))
      throw new UnsupportedError("grammar: vLLM takes no grammars that name tokens");
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
    for await (const event of eventData(response, signal)) {
      const data = checkedEvent(event);
      for (const choice of asList(data.choices ?? [], "choices")) {
        const one = asObject(choice, "a choice");
        yield* tokensOf(one, request.logprobs);
        finish = finishOf(one, undefined) ?? finish;
      }
      // The usage comes in an event of its own, behind the finish.
      if (finish !== undefined && typeof data.usage === "object" && data.usage !== null)
        return yield { ...finish, cachedTokens: cachedTokens(data) };
    }
    signal.throwIfAborted();
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
    return { tokens: [...tokensOf(choice, 0)].map(({ token }) => token), finish };
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
    ...(sampling.tokenBias === undefined ? {} : { logit_bias: Object.fromEntries(sampling.tokenBias) }),
    // The schema mode can go on with white space for ever, so a schema is sent as a grammar too.
    ...(grammar === undefined ? {} : { structured_outputs: { grammar } }),
    ...(logprobs > 0 ? { logprobs, return_tokens_as_token_ids: true } : {}),
  };
}

function* tokensOf(choice: JsonObject, count: number): Generator<RemoteEvent & { type: "token" }> {
  // Without the field, its ids are not returned: an older server that ignores what it does not know.
  const ids = asList(choice.token_ids ?? [], "token_ids");
  if (ids.length === 0 && choice.text !== undefined && choice.text !== "" && choice.token_ids == null)
    throw new ColloquyError("unsupported", "This vLLM does not return token ids (return_token_ids)");
  for (const [index, id] of ids.entries()) {
    const token = asCount(id, "a token") as Token;
    if (count === 0) yield { type: "token", token };
    else yield { type: "token", token, logprobs: logprobsOf(choice, index) };
  }
}

function logprobsOf(choice: JsonObject, index: number): RemoteLogprobs {
  const { token_logprobs, top_logprobs } = asObject(choice.logprobs, "logprobs");
  const top = asObject(asList(top_logprobs, "top_logprobs")[index], "top_logprobs");
  return {
    token: Number(asList(token_logprobs, "token_logprobs")[index]),
    top: Object.entries(top)
      .map(
        ([name, value]) =>
          [asCount(Number(name.replace("token_id:", "")), "a token") as Token, Number(value)] as const,
      )
      .sort((a, b) => b[1] - a[1]),
  };
}

function checkedEvent(value: unknown): JsonObject {
  const data = asObject(value, "An answer of /v1/completions");
  if (data.error === undefined) return data;
  throw new TransportError(`vLLM failed: ${JSON.stringify(data.error)}`);
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
