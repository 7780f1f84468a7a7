import type { TextSamplingOptions } from "../../chat/generation/options.ts";
import type { NumberBounds, ObjectReader } from "../http/object-reader.ts";
import type { ServerLimits } from "../limits/server-limits.ts";
import type { SchemaGrammars } from "../pool/schema-grammars.ts";
import type { SessionSampling, SessionSettings } from "./wire.ts";

export const defaultSettings: SessionSettings = { systemPrompt: null, sampling: {}, schema: null };

const bounds: Readonly<Record<keyof SessionSampling, NumberBounds>> = {
  temperature: { min: 0, max: 100 },
  topK: { min: 0, integer: true },
  topP: { min: 0, max: 1 },
  minP: { min: 0, max: 1 },
  seed: { min: 0, integer: true },
  repeatPenalty: { min: 0.01, max: 100 },
  frequencyPenalty: { min: -2, max: 2 },
  presencePenalty: { min: -2, max: 2 },
  maxTokens: { min: 1, integer: true },
};

/** The settings of a request: what it gives replaces what was there, sampling as a whole. */
export function readSettings(
  reader: ObjectReader | undefined,
  before: SessionSettings,
  limits: ServerLimits,
  grammars: SchemaGrammars,
): SessionSettings {
  if (reader === undefined) return before;
  reader.only("systemPrompt", "sampling", "schema");
  const schema = reader.get("schema") ?? null;
  if (schema !== null) grammars.get(schema, reader.path("schema"));
  const systemPrompt = reader.string("systemPrompt", limits.messageLength) ?? null;
  return {
    systemPrompt: reader.has("systemPrompt") ? systemPrompt : before.systemPrompt,
    sampling: reader.has("sampling") ? readSampling(reader.object("sampling")) : before.sampling,
    schema: reader.has("schema") ? (schema as SessionSettings["schema"]) : before.schema,
  };
}

function readSampling(reader: ObjectReader | undefined): SessionSampling {
  if (reader === undefined) return {};
  reader.only(...Object.keys(bounds));
  const entries = Object.entries(bounds).map(([name, range]) => [name, reader.number(name, range)] as const);
  return Object.fromEntries(entries.filter(([, value]) => value !== undefined));
}

/** The sampling options of the chat layer. */
export function samplingOptions(sampling: SessionSampling): TextSamplingOptions & { maxTokens?: number } {
  const { repeatPenalty: penalty, frequencyPenalty, presencePenalty, ...same } = sampling;
  const isPunished = [penalty, frequencyPenalty, presencePenalty].some((value) => value !== undefined);
  return {
    ...same,
    ...(isPunished ? { repeatPenalty: { penalty, frequencyPenalty, presencePenalty } } : {}),
  };
}
