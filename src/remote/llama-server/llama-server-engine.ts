import { UnsupportedError } from "../../base/errors.ts";
import type { LanguageModel } from "../../engine/context-sequence.ts";
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
import type { RemoteVocabulary } from "../vocabulary/remote-vocabulary.ts";
import { ServedVocabulary } from "../vocabulary/served-vocabulary.ts";
import { readServedVocabulary } from "./read-served-vocabulary.ts";
import { splitText, type TokensByBytes } from "./split-text.ts";

/** llama.cpp's own HTTP server; its `tools/server/README.md` describes `/completion`. */
export class LlamaServerEngine implements RemoteEngine {
  readonly type = "llama-server";
  readonly #endpoint: HttpEndpoint;
  readonly #vocabulary: () => LanguageModel;
  #tokensByBytes: TokensByBytes | undefined;

  constructor(endpoint: HttpEndpoint, vocabulary: () => LanguageModel) {
    this.#endpoint = endpoint;
    this.#vocabulary = vocabulary;
  }

  async facts(modelName: string | undefined, signal?: AbortSignal): Promise<EngineFacts> {
    const props = asObject(await this.#endpoint.json("/props", { signal }), "/props");
    const settings = asObject(props.default_generation_settings, "default_generation_settings");
    return {
      // The server stops before its last cell.
      contextSize: asCount(settings.n_ctx, "n_ctx") - 1,
      modelName: modelName ?? String(props.model_alias ?? ""),
    };
  }

  async tokenize(
    text: string,
    _modelName: string,
    signal?: AbortSignal,
    sessionKey?: string,
  ): Promise<Token[]> {
    const body = { content: text, add_special: false, parse_special: true };
    return tokensOf(await this.#endpoint.json("/tokenize", { body, sessionKey, signal }));
  }

  async readVocabulary(modelName: string, signal?: AbortSignal): Promise<RemoteVocabulary> {
    const facts = await readServedVocabulary(this.#endpoint, modelName, signal);
    return new ServedVocabulary(facts, (content, parse_special) => {
      const body = { content, add_special: false, parse_special };
      return tokensOf(this.#endpoint.jsonNow("/tokenize", body));
    });
  }

  check(): void {}

  async *stream(request: RemoteRequest, modelName: string): AsyncGenerator<RemoteEvent, void, void> {
    const body = { ...requestBody(request, modelName), stream: true, return_progress: true };
    const { signal, sessionKey } = request;
    const response = await this.#endpoint.open("/completion", { body, sessionKey, signal });
    let told = 0;
    let cached: number | undefined;
    for await (const event of eventData(response, signal)) {
      const data = checkedEvent(event);
      if (data.prompt_progress !== undefined) {
        if (cached !== undefined) continue;
        cached = countOrNothing(asObject(data.prompt_progress, "prompt_progress").cache);
        if (cached !== undefined) yield { type: "cached", tokens: cached };
        continue;
      }
      const predicted = asCount(data.tokens_predicted, "tokens_predicted");
      const tokens = asList(data.tokens ?? [], "tokens").map((id) => asCount(id, "a token") as Token);
      const missing = predicted - told - tokens.length;
      if (missing > 0) {
        const repaired =
          request.logprobs > 0 ? undefined : this.#repair(String(data.content), tokens, missing);
        if (request.logprobs > 0)
          throw new UnsupportedError(
            "llama-server tells no log probabilities of tokens that end inside a character",
          );
        if (repaired === undefined) return yield { type: "untold", count: predicted - told };
        for (const token of repaired) yield { type: "token", token };
      }
      told = predicted;
      for (const token of tokens) yield withLogprobs(token, data, request.logprobs);
      if (data.stop === true) return yield finishOf(data);
    }
    signal.throwIfAborted();
    throw new TransportError("The stream ended without its finish");
  }

  async complete(request: RemoteRequest, modelName: string) {
    const body = { ...requestBody(request, modelName), stream: false };
    const { signal, sessionKey } = request;
    const data = checkedEvent(await this.#endpoint.json("/completion", { body, sessionKey, signal }));
    return { tokens: tokensOf(data), finish: finishOf(data) };
  }

  /** The server holds back tokens inside a character and sends their text with the token that completes it. */
  #repair(content: string, tokens: readonly Token[], missing: number): Token[] | undefined {
    if (tokens.length !== 1 || content.includes("\ufffd")) return undefined;
    const model = this.#vocabulary();
    const text = Buffer.from(content).toString("latin1");
    const last = Buffer.from(model.tokenBytes(tokens[0]!)).toString("latin1");
    if (last === "" || !text.endsWith(last)) return undefined;
    this.#tokensByBytes ??= tokensByBytes(model);
    return splitText(text.slice(0, text.length - last.length), missing, this.#tokensByBytes) as
      | Token[]
      | undefined;
  }
}

function tokensByBytes(model: LanguageModel): TokensByBytes {
  const tokens = new Map<string, number[]>();
  for (let id = 0; id < model.vocabularySize; id++) {
    const bytes = model.tokenBytes(id as Token);
    if (bytes.length === 0) continue;
    const key = Buffer.from(bytes).toString("latin1");
    const known = tokens.get(key);
    if (known === undefined) tokens.set(key, [id]);
    else known.push(id);
  }
  return tokens;
}

function tokensOf(answer: unknown): Token[] {
  const { tokens } = asObject(answer, "An answer");
  return asList(tokens, "tokens").map((id) => asCount(id, "a token") as Token);
}

function checkedEvent(value: unknown): JsonObject {
  const data = asObject(value, "An event of /completion");
  if (data.error === undefined) return data;
  throw new TransportError(`llama-server failed: ${JSON.stringify(data.error)}`);
}

function finishOf(data: JsonObject): RemoteEvent & { type: "finish" } {
  const timings =
    typeof data.timings === "object" && data.timings !== null ? (data.timings as JsonObject) : {};
  const reason = data.stop_type === "eos" ? "eog" : data.stop_type === "word" ? "stop" : "length";
  return { type: "finish", reason, cachedTokens: countOrNothing(timings.cache_n) };
}

function withLogprobs(token: Token, data: JsonObject, count: number): RemoteEvent {
  if (count === 0) return { type: "token", token };
  const [entry] = asList(data.completion_probabilities ?? [], "completion_probabilities");
  if (entry === undefined) throw new TransportError("llama-server sent no log probabilities");
  const { logprob, top_logprobs } = asObject(entry, "completion_probabilities");
  const top = asList(top_logprobs, "top_logprobs").map((value) => {
    const one = asObject(value, "top_logprobs");
    return [asCount(one.id, "a token") as Token, Number(one.logprob)] as const;
  });
  const logprobs: RemoteLogprobs = { token: Number(logprob), top };
  return { type: "token", token, logprobs };
}

function requestBody(request: RemoteRequest, modelName: string): JsonObject {
  const { sampling, grammar, logprobs } = request;
  const { dry, xtc, temperature, tokenBias } = sampling;
  const isGreedy = temperature === 0;
  return {
    model: modelName,
    prompt: request.promptIds,
    n_predict: request.maxTokens,
    return_tokens: true,
    cache_prompt: true,
    ...(grammar === undefined ? {} : { grammar }),
    ...(logprobs > 0 ? { n_probs: logprobs } : {}),
    samplers: ["dry", "top_k", "top_p", "min_p", "xtc", "temperature"],
    temperature,
    top_k: isGreedy ? 0 : sampling.topK,
    top_p: isGreedy ? 1 : sampling.topP,
    min_p: isGreedy ? 0 : sampling.minP,
    xtc_probability: isGreedy ? 0 : (xtc?.probability ?? 0),
    xtc_threshold: xtc?.threshold ?? 0.5,
    repeat_penalty: 1,
    presence_penalty: 0,
    frequency_penalty: 0,
    dry_multiplier: dry?.strength ?? 0,
    ...(dry === undefined
      ? {}
      : {
          dry_base: dry.base,
          dry_allowed_length: dry.allowedLength,
          dry_penalty_last_n: dry.lastTokens,
          dry_sequence_breakers: dry.sequenceBreakers,
        }),
    ...(sampling.seed === undefined ? {} : { seed: sampling.seed }),
    logit_bias: [...(tokenBias ?? [])].map(([token, bias]) => [
      token,
      bias === Number.NEGATIVE_INFINITY ? false : bias,
    ]),
  };
}
