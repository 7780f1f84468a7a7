import type { TextSamplingOptions } from "../../chat/generation/options.ts";
import type { SequenceGrammar } from "../../engine/sequence-grammar.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import { ObjectReader } from "../http/object-reader.ts";
import { FieldError } from "../http/request-error.ts";
import { openingMessages } from "../opening-messages.ts";
import type { Serving } from "../serving.ts";
import { readMessages } from "./read-messages.ts";
import { readSampling, readStops, readStreamOptions, type StreamOptions } from "./read-sampling.ts";
import { readTools, type ToolUse } from "./read-tools.ts";

/** What `POST /v1/chat/completions` asks for, in the terms of the chat layer. */
export interface ChatRequest extends StreamOptions {
  readonly model: string;
  readonly history: readonly ChatHistoryItem[];
  readonly tools: ToolUse;
  readonly grammar: SequenceGrammar | undefined;
  readonly sampling: TextSamplingOptions;
  readonly stops: readonly string[];
  readonly maxTokens: number | undefined;
  readonly choices: number;
  /** How many alternatives are reported with each token; `undefined`: no log probabilities. */
  readonly topLogprobs: number | undefined;
}

type Readable = Pick<
  Serving,
  "limits" | "grammars" | "model" | "contextSize" | "modelId" | "chatWrapper" | "systemPrompt"
>;

/** A pure reading of a request's body. @throws FieldError naming what is wrong */
export function readChatRequest(body: unknown, serving: Readable): ChatRequest {
  const reader = new ObjectReader(body);
  for (const legacy of ["functions", "function_call"]) {
    if (reader.get(legacy) !== undefined) throw new FieldError(legacy, "is not supported; use tools");
  }
  const tools = readTools(reader, serving);
  const grammar = readFormat(reader, serving);
  const messages = readMessages(reader, tools.definitions, serving);
  return {
    model: reader.string("model", 1000) ?? serving.modelId,
    // As in a new chat: templates put prompts of their own there, which small models follow badly.
    history: messages[0]?.type === "system" ? messages : [...openingMessages(serving), ...messages],
    tools,
    grammar,
    sampling: readSampling(reader, serving),
    stops: readStops(reader),
    maxTokens:
      reader.number("max_completion_tokens", { min: 1, integer: true }) ??
      reader.number("max_tokens", { min: 1, integer: true }),
    choices: reader.number("n", { min: 1, max: serving.limits.choices, integer: true }) ?? 1,
    topLogprobs: readLogprobs(reader),
    ...readStreamOptions(reader),
  };
}

function readLogprobs(reader: ObjectReader): number | undefined {
  const isWanted = reader.boolean("logprobs") ?? false;
  const top = reader.number("top_logprobs", { min: 0, max: 20, integer: true });
  if (!isWanted && top !== undefined && top > 0) throw new FieldError("top_logprobs", "requires logprobs");
  return isWanted ? (top ?? 0) : undefined;
}

function readFormat(reader: ObjectReader, { grammars }: Readable): SequenceGrammar | undefined {
  const format = reader.object("response_format");
  if (format === undefined) return undefined;
  const type = format.required("type", format.oneOf("type", "text", "json_object", "json_schema"));
  if (type === "text") return undefined;
  if (type === "json_object") return grammars.get({ type: "object" }, "response_format");
  const definition = format.required("json_schema", format.object("json_schema"));
  definition.required("name", definition.string("name", 100));
  return grammars.get(definition.get("schema") ?? {}, definition.path("schema"));
}
