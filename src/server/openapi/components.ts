import { answerComponents } from "./answer-components.ts";
import { reference } from "./operation.ts";
import { closed, count, listOf, object, role, text } from "./schema-parts.ts";

const positive = { type: ["integer", "null"], minimum: 1 } as const;
const unit = { type: ["number", "null"], minimum: 0, maximum: 1 } as const;
const penalty = { type: ["number", "null"], minimum: -2, maximum: 2 } as const;
const mode = { enum: ["exact", "shift", null], default: "exact" } as const;
const images = { type: ["array", "null"], items: { type: "string", pattern: "^data:image/" } } as const;

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

const contentPart = {
  anyOf: [
    object({ type: { const: "text" }, text }, ["type", "text"]),
    object({ type: { const: "refusal" }, refusal: text }, ["type", "refusal"]),
    object(
      {
        type: { const: "image_url" },
        image_url: object({ url: { type: "string", pattern: "^data:image/" } }, ["url"]),
      },
      ["type", "image_url"],
    ),
  ],
};

const chatMessage = object(
  {
    role: { enum: ["system", "developer", "user", "assistant", "tool"] },
    content: { anyOf: [text, listOf(contentPart), { type: "null" }] },
    reasoning_content: { type: ["string", "null"] },
    tool_calls: {
      type: ["array", "null"],
      items: object(
        {
          id: text,
          type: { const: "function" },
          function: object({ name: text, arguments: text }, ["name", "arguments"]),
        },
        ["id", "function"],
      ),
    },
    tool_call_id: { type: ["string", "null"] },
  },
  ["role"],
);

const tool = object(
  {
    type: { const: "function" },
    function: object(
      {
        name: { type: "string", minLength: 1, maxLength: 64, pattern: "^[a-zA-Z0-9_-]+$" },
        description: { type: ["string", "null"], maxLength: 10_000 },
        parameters: { type: ["object", "null"], description: "JSON schema (2020-12)" },
      },
      ["name"],
    ),
  },
  ["type", "function"],
);

const responseFormat = {
  anyOf: [
    object({ type: { enum: ["text", "json_object"] } }, ["type"]),
    object(
      {
        type: { const: "json_schema" },
        json_schema: object(
          {
            name: { type: "string", maxLength: 100 },
            schema: { type: ["object", "boolean", "null"], description: "JSON schema (2020-12)" },
          },
          ["name"],
        ),
      },
      ["type", "json_schema"],
    ),
    { type: "null" },
  ],
};

/** The schemas of the OpenAPI document. */
export const components: Readonly<Record<string, object>> = {
  ...answerComponents,
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
      messages: { type: "array", minItems: 1, items: chatMessage },
      tools: { type: ["array", "null"], items: tool },
      tool_choice: {
        anyOf: [{ enum: ["auto", "none", "required"] }, { type: "object" }, { type: "null" }],
      },
      parallel_tool_calls: { type: ["boolean", "null"] },
      response_format: responseFormat,
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
