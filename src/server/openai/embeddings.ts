import type { Token } from "../../engine/token.ts";
import { jsonResponse } from "../http/json-response.ts";
import { ObjectReader } from "../http/object-reader.ts";
import { FieldError, RequestError } from "../http/request-error.ts";
import type { RoutedRequest } from "../http/route.ts";
import { generationSignal } from "../pool/generation-signal.ts";
import type { Serving } from "../serving.ts";
import { readText, type TextOrTokens } from "./read-completion-request.ts";

/** What makes vectors of texts, such as `await model.createEmbeddingContext()`. */
export interface EmbeddingSource {
  readonly contextSize: number;
  calculateInputLength(input: string | Token[]): number;
  getEmbeddingFor(
    input: string | Token[],
    options?: { signal?: AbortSignal },
  ): Promise<{ readonly vector: readonly number[] }>;
}

/** `POST /v1/embeddings`. Vectors have length 1, as OpenAI's have. */
export async function embeddings(serving: Serving, { body, raw }: RoutedRequest): Promise<Response> {
  const reader = new ObjectReader(body);
  reader.string("model", 1000);
  const inputs = readInputs(reader, serving);
  const format = reader.oneOf("encoding_format", "float", "base64") ?? "float";
  const source = serving.embeddings;
  if (source === undefined) {
    throw new RequestError(400, "unsupported", "This server makes no embeddings", {
      hint: "start it with an embedding context",
    });
  }
  if (reader.get("dimensions") !== undefined) {
    throw new FieldError("dimensions", "cannot be chosen for this model");
  }
  const { limits, closing, embeddingTurns } = serving;
  const end = generationSignal(limits.generationMs, closing, raw.signal);
  const { signal } = end;
  let tokens = 0;
  const data: object[] = [];
  const embedAll = async () => {
    for (const [index, input] of inputs.entries()) {
      signal.throwIfAborted();
      tokens += source.calculateInputLength(input);
      const { vector } = await source.getEmbeddingFor(input, { signal });
      data.push({ object: "embedding", index, embedding: encode(normalised(vector), format) });
    }
  };
  await embeddingTurns.run(signal, embedAll).finally(end.release);
  return jsonResponse({
    object: "list",
    data,
    model: serving.modelId,
    usage: { prompt_tokens: tokens, total_tokens: tokens },
  });
}

function readInputs(reader: ObjectReader, serving: Serving): (string | Token[])[] {
  const value = reader.required("input", reader.get("input"));
  const isList = Array.isArray(value) && typeof value[0] !== "number";
  const list: readonly unknown[] = isList ? value : [value];
  const max = serving.limits.embeddingInputs;
  if (list.length === 0 || list.length > max) throw new FieldError("input", `must be 1 to ${max} texts`);
  return list.map((one, index): string | Token[] => {
    const param = isList ? `input[${index}]` : "input";
    const text: TextOrTokens = readText(one, param, serving);
    if (text === "") throw new FieldError(param, "must not be empty");
    return typeof text === "string" ? text : [...text];
  });
}

function normalised(vector: readonly number[]): number[] {
  const length = Math.hypot(...vector);
  return length === 0 ? [...vector] : vector.map((value) => value / length);
}

function encode(vector: number[], format: "float" | "base64"): number[] | string {
  return format === "float" ? vector : Buffer.from(new Float32Array(vector).buffer).toString("base64");
}
