import type { TextSamplingOptions } from "../../chat/generation/options.ts";
import type { Token } from "../../engine/token.ts";
import { ObjectReader } from "../http/object-reader.ts";
import { FieldError } from "../http/request-error.ts";
import type { Serving } from "../serving.ts";
import { readSampling, readStops, readStreamOptions, type StreamOptions } from "./read-sampling.ts";

export type TextOrTokens = string | readonly Token[];

/** What `POST /v1/completions` asks for. */
export interface CompletionRequest extends StreamOptions {
  readonly prompts: readonly TextOrTokens[];
  readonly suffix: string | undefined;
  readonly sampling: TextSamplingOptions;
  readonly stops: readonly string[];
  readonly maxTokens: number;
  /** Replies to each prompt. */
  readonly choices: number;
  readonly echo: boolean;
  readonly logprobs: number | undefined;
}

type Readable = Pick<Serving, "limits" | "model" | "contextSize">;

/** OpenAI's default of `max_tokens` at this endpoint. */
const defaultMaxTokens = 16;

/** A pure reading of a request's body. @throws FieldError naming what is wrong */
export function readCompletionRequest(body: unknown, serving: Readable): CompletionRequest {
  const reader = new ObjectReader(body);
  const choices = reader.number("n", { min: 1, max: serving.limits.choices, integer: true }) ?? 1;
  const bestOf = reader.number("best_of", { min: 1, integer: true });
  if (bestOf !== undefined && bestOf !== choices) throw new FieldError("best_of", "must be the same as n");
  const prompts = readPrompts(reader, serving);
  if (prompts.length * choices > serving.limits.choices) {
    throw new FieldError("prompt", `and n ask for more than ${serving.limits.choices} replies`);
  }
  const suffix = reader.string("suffix", serving.limits.messageLength);
  const echo = reader.boolean("echo") ?? false;
  if (echo && reader.get("logprobs") !== undefined)
    throw new FieldError("echo", "cannot be used with logprobs");
  return {
    prompts,
    suffix: suffix === "" ? undefined : suffix,
    sampling: readSampling(reader, serving),
    stops: readStops(reader),
    maxTokens: reader.number("max_tokens", { min: 0, integer: true }) ?? defaultMaxTokens,
    choices,
    echo,
    logprobs: reader.number("logprobs", { min: 0, max: 20, integer: true }),
    ...readStreamOptions(reader),
  };
}

function readPrompts(reader: ObjectReader, serving: Readable): TextOrTokens[] {
  const value = reader.required("prompt", reader.get("prompt"));
  const isList = Array.isArray(value) && typeof value[0] !== "number";
  const list: readonly unknown[] = isList ? value : [value];
  if (list.length === 0 || list.length > serving.limits.choices) {
    throw new FieldError("prompt", `must be 1 to ${serving.limits.choices} texts`);
  }
  return list.map((one, index) => readText(one, isList ? `prompt[${index}]` : "prompt", serving));
}

/** A text, or a list of tokens. */
export function readText(
  value: unknown,
  param: string,
  { limits, model, contextSize }: Readable,
): TextOrTokens {
  if (typeof value === "string") {
    if (value.length <= limits.messageLength) return value;
    throw new FieldError(param, `must have at most ${limits.messageLength} characters`);
  }
  if (!Array.isArray(value)) throw new FieldError(param, "must be a text or a list of tokens");
  if (value.length > contextSize) throw new FieldError(param, `must have at most ${contextSize} tokens`);
  const isToken = (one: unknown) =>
    Number.isInteger(one) && (one as number) >= 0 && (one as number) < model.vocabularySize;
  if (value.length > 0 && value.every(isToken)) return value as Token[];
  throw new FieldError(param, "must be a text or a list of tokens of this model");
}
