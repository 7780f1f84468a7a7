import type { TextSamplingOptions } from "../../chat/generation/options.ts";
import type { Token } from "../../engine/token.ts";
import type { ObjectReader } from "../http/object-reader.ts";
import { FieldError } from "../http/request-error.ts";
import type { Serving } from "../serving.ts";

const biasEntriesMax = 1024;
const stopsMax = 16;
const stopLengthMax = 1000;

/**
 * How tokens are chosen, from the fields that both generating endpoints share. top_p is 1 where nothing is said, as
 * OpenAI documents; top_k, min_p and repeat_penalty are ours.
 */
export function readSampling(
  reader: ObjectReader,
  { model, contextSize }: Pick<Serving, "model" | "contextSize">,
): TextSamplingOptions {
  const penalty = reader.number("repeat_penalty", { min: 0.01, max: 100 });
  const frequencyPenalty = reader.number("frequency_penalty", { min: -2, max: 2 });
  const presencePenalty = reader.number("presence_penalty", { min: -2, max: 2 });
  const isPunished = [penalty, frequencyPenalty, presencePenalty].some((value) => value !== undefined);
  return {
    temperature: reader.number("temperature", { min: 0, max: 2 }) ?? (asksForDraws(reader) ? 1 : 0),
    topP: reader.number("top_p", { min: 0, max: 1 }) ?? 1,
    topK: reader.number("top_k", { min: 0, integer: true }),
    minP: reader.number("min_p", { min: 0, max: 1 }),
    seed: readSeed(reader),
    tokenBias: readBias(reader.object("logit_bias"), model.vocabularySize),
    ...(isPunished
      ? {
          repeatPenalty: {
            penalty,
            frequencyPenalty,
            presencePenalty,
            // OpenAI's penalties look at the whole text so far.
            lastTokens: contextSize,
            penalizeNewLine: true,
          },
        }
      : {}),
  };
}

/**
 * Whether tokens are meant to be drawn: the request says how, or wants several replies. One that says nothing gets the
 * most probable tokens, as a new chat does; small models answer badly at OpenAI's temperature of 1.
 */
function asksForDraws(reader: ObjectReader): boolean {
  const choices = reader.get("n") ?? reader.get("best_of");
  if (typeof choices === "number" && choices > 1) return true;
  return ["top_p", "top_k", "min_p", "seed"].some((name) => reader.get(name) !== undefined);
}

/** OpenAI's seeds may be negative; ours are not. */
function readSeed(reader: ObjectReader): number | undefined {
  const seed = reader.number("seed", { integer: true });
  return seed === undefined ? undefined : seed >= 0 ? seed : seed - Number.MIN_SAFE_INTEGER;
}

function readBias(
  reader: ObjectReader | undefined,
  vocabularySize: number,
): ReadonlyMap<Token, number> | undefined {
  if (reader === undefined) return undefined;
  const names = reader.names();
  if (names.length > biasEntriesMax)
    throw new FieldError("logit_bias", `must have at most ${biasEntriesMax} entries`);
  const entries = names.map((name): [Token, number] => {
    const token = Number(name);
    if (!/^\d+$/.test(name) || token >= vocabularySize) {
      throw new FieldError(`logit_bias.${name.slice(0, 100)}`, "is no token of this model");
    }
    const bias = reader.required(name, reader.number(name, { min: -100, max: 100 }));
    // OpenAI promises that -100 bans a token, whatever its logit.
    return [token as Token, bias === -100 ? Number.NEGATIVE_INFINITY : bias];
  });
  return entries.length === 0 ? undefined : new Map(entries);
}

/** `stop`: a text or a list of texts. */
export function readStops(reader: ObjectReader): string[] {
  const value = reader.get("stop");
  if (value === undefined) return [];
  const stops = typeof value === "string" ? [value] : (reader.array("stop", stopsMax) ?? []);
  return stops.flatMap((stop) => {
    if (typeof stop !== "string" || stop.length > stopLengthMax) {
      throw new FieldError("stop", `must be texts of at most ${stopLengthMax} characters`);
    }
    return stop === "" ? [] : [stop];
  });
}

export interface StreamOptions {
  readonly stream: boolean;
  readonly includeUsage: boolean;
}

export function readStreamOptions(reader: ObjectReader): StreamOptions {
  const stream = reader.boolean("stream") ?? false;
  const includeUsage = reader.object("stream_options")?.boolean("include_usage") ?? false;
  return { stream, includeUsage };
}
