import { reference } from "./operation.ts";

const text = { type: "string" } as const;
const time = { type: "string", format: "date-time" } as const;
const flag = { type: "boolean" } as const;
const count = { type: "integer", minimum: 0 } as const;
const positive = { type: ["integer", "null"], minimum: 1 } as const;

function object(properties: Readonly<Record<string, unknown>>, required: readonly string[] = []): object {
  return { type: "object", properties, required };
}

/** A body whose unknown fields are refused. */
function closed(properties: Readonly<Record<string, unknown>>, required: readonly string[] = []): object {
  return { ...object(properties, required), additionalProperties: false };
}

const unit = { type: ["number", "null"], minimum: 0, maximum: 1 } as const;
const penalty = { type: ["number", "null"], minimum: -2, maximum: 2 } as const;
const mode = { enum: ["exact", "shift", null], default: "exact" } as const;
const images = { type: ["array", "null"], items: { type: "string", pattern: "^data:image/" } } as const;
const role = { enum: ["system", "user", "model"] } as const;

const samplingOfSession = closed({
  temperature: { type: ["number", "null"], minimum: 0, maximum: 100 },
  topK: { type: ["integer", "null"], minimum: 0 },
  topP: unit,
  minP: unit,
  seed: { type: ["integer", "null"], minimum: 0 },
  repeatPenalty: { type: ["number", "null"], minimum: 0.01, maximum: 100 },
  frequencyPenalty: penalty,
  presencePenalty: penalty,
  maxTokens: positive,
});

const summary = {
  id: text,
  title: text,
  createdAt: time,
  updatedAt: time,
  messageCount: count,
  busy: flag,
};

/** Fields of both generating endpoints of OpenAI's interface. */
const generation = {
  model: { type: ["string", "null"] },
  temperature: { type: ["number", "null"], minimum: 0, maximum: 2 },
  top_p: unit,
  top_k: { type: ["integer", "null"], minimum: 0 },
  min_p: unit,
  repeat_penalty: { type: ["number", "null"], minimum: 0.01, maximum: 100 },
  frequency_penalty: penalty,
  presence_penalty: penalty,
  seed: { type: ["integer", "null"] },
  logit_bias: {
    type: ["object", "null"],
    additionalProperties: { type: "number", minimum: -100, maximum: 100 },
  },
  stop: { anyOf: [text, { type: "array", items: text }, { type: "null" }] },
  n: positive,
  stream: { type: ["boolean", "null"] },
  stream_options: {
    anyOf: [object({ include_usage: { type: ["boolean", "null"] } }), { type: "null" }],
  },
};

const textOrTokens = { anyOf: [text, { type: "array", items: count }] } as const;
const textsOrTokens = { anyOf: [text, { type: "array", items: { anyOf: [count, textOrTokens] } }] } as const;

/** The schemas of the OpenAPI document. */
export const components: Readonly<Record<string, object>> = {
  Error: object(
    {
      error: object({ message: text, type: text, param: { type: ["string", "null"] }, code: text }, [
        "message",
        "type",
        "param",
        "code",
      ]),
    },
    ["error"],
  ),
  Settings: object({ systemPrompt: { type: ["string", "null"] }, sampling: samplingOfSession, schema: {} }, [
    "systemPrompt",
    "sampling",
    "schema",
  ]),
  SettingsChange: closed({
    systemPrompt: { type: ["string", "null"] },
    sampling: { anyOf: [samplingOfSession, { type: "null" }] },
    schema: { type: ["object", "boolean", "null"], description: "JSON schema that replies are held to" },
  }),
  Message: object(
    {
      id: text,
      createdAt: time,
      role,
      text,
      parts: { type: "array", items: { type: "object" } },
      stopReason: text,
      cost: { type: "object" },
    },
    ["id", "createdAt", "role", "text"],
  ),
  SessionSummary: object(summary, Object.keys(summary)),
  Session: object(
    {
      ...summary,
      settings: reference("Settings"),
      messages: { type: "array", items: reference("Message") },
      canUndo: flag,
      context: { type: ["object", "null"] },
    },
    [...Object.keys(summary), "settings", "messages", "canUndo", "context"],
  ),
  NewSession: closed({
    title: { type: ["string", "null"], maxLength: 200 },
    settings: { anyOf: [reference("SettingsChange"), { type: "null" }] },
    messages: { type: ["array", "null"], items: closed({ role, text, images }, ["role", "text"]) },
  }),
  SessionChange: closed({
    title: { type: ["string", "null"], maxLength: 200 },
    settings: { anyOf: [reference("SettingsChange"), { type: "null" }] },
  }),
  Prompt: closed({
    text: { type: ["string", "null"] },
    images,
    maxTokens: positive,
  }),
  Retry: closed({ maxTokens: positive }),
  Completing: closed({ text, maxTokens: { type: ["integer", "null"], minimum: 1, maximum: 256 } }, ["text"]),
  NewMessage: closed({ role, text, images, before: { type: ["string", "null"] }, mode }, ["role", "text"]),
  MessageText: closed({ text, mode }, ["text"]),
  Fork: closed({
    through: { type: ["string", "null"] },
    title: { type: ["string", "null"], maxLength: 200 },
  }),
  ChatRequest: object(
    {
      ...generation,
      messages: {
        type: "array",
        minItems: 1,
        items: object({ role: { enum: ["system", "developer", "user", "assistant", "tool"] } }, ["role"]),
      },
      tools: {
        type: ["array", "null"],
        items: object({ type: { const: "function" } }, ["type", "function"]),
      },
      tool_choice: {
        anyOf: [{ enum: ["auto", "none", "required"] }, { type: "object" }, { type: "null" }],
      },
      parallel_tool_calls: { type: ["boolean", "null"] },
      response_format: { type: ["object", "null"] },
      logprobs: { type: ["boolean", "null"] },
      top_logprobs: { type: ["integer", "null"], minimum: 0, maximum: 20 },
      max_tokens: positive,
      max_completion_tokens: positive,
    },
    ["messages"],
  ),
  CompletionRequest: object(
    {
      ...generation,
      prompt: textsOrTokens,
      suffix: { type: ["string", "null"] },
      max_tokens: { type: ["integer", "null"], minimum: 0 },
      echo: { type: ["boolean", "null"] },
      best_of: positive,
      logprobs: { type: ["integer", "null"], minimum: 0, maximum: 20 },
    },
    ["prompt"],
  ),
  EmbeddingRequest: object(
    {
      model: { type: ["string", "null"] },
      input: textsOrTokens,
      encoding_format: { enum: ["float", "base64", null] },
    },
    ["input"],
  ),
};
