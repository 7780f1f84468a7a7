import { reference } from "./operation.ts";
import { closed, count, flag, listOf, object, role, text, time } from "./schema-parts.ts";

const number = { type: "number" } as const;
const textOrNull = { type: ["string", "null"] } as const;

/** An object that has all of its fields. */
function whole(properties: Readonly<Record<string, unknown>>): object {
  return object(properties, Object.keys(properties));
}

const usage = whole({
  prompt_tokens: count,
  completion_tokens: count,
  total_tokens: count,
  prompt_tokens_details: whole({ cached_tokens: count }),
});

const topLogprob = whole({ token: text, logprob: number, bytes: listOf(count) });
const logprobs = {
  anyOf: [
    {
      type: "object",
      required: ["content"],
      properties: {
        content: listOf(
          whole({ token: text, logprob: number, bytes: listOf(count), top_logprobs: listOf(topLogprob) }),
        ),
      },
    },
    { type: "null" },
  ],
};
const toolCall = object(
  { id: text, type: { const: "function" }, function: whole({ name: text, arguments: text }) },
  ["id", "type", "function"],
);
const finishReason = { enum: ["stop", "length", "tool_calls"] } as const;
const answerHead = { id: text, created: count, model: text };

const chatAnswers = {
  ChatCompletion: whole({
    ...answerHead,
    object: { const: "chat.completion" },
    choices: listOf(
      whole({
        index: count,
        message: object(
          {
            role: { const: "assistant" },
            content: textOrNull,
            refusal: { type: "null" },
            reasoning_content: text,
            tool_calls: listOf(toolCall),
          },
          ["role", "content", "refusal"],
        ),
        logprobs,
        finish_reason: finishReason,
      }),
    ),
    usage,
  }),
  ChatCompletionChunk: object(
    {
      ...answerHead,
      object: { const: "chat.completion.chunk" },
      choices: listOf(
        whole({
          index: count,
          delta: object({
            role: { const: "assistant" },
            content: text,
            reasoning_content: text,
            tool_calls: listOf(
              object(
                {
                  index: count,
                  id: text,
                  type: { const: "function" },
                  function: object({ name: text, arguments: text }, ["arguments"]),
                },
                ["index", "function"],
              ),
            ),
          }),
          logprobs,
          finish_reason: { enum: [...finishReason.enum, null] },
        }),
      ),
      usage: { anyOf: [usage, { type: "null" }] },
    },
    [...Object.keys(answerHead), "object", "choices"],
  ),
};

const otherAnswers = {
  Completion: object(
    {
      ...answerHead,
      object: { const: "text_completion" },
      choices: listOf(
        whole({
          index: count,
          text,
          logprobs: { type: ["object", "null"] },
          finish_reason: { enum: ["stop", "length", null] },
        }),
      ),
      usage,
    },
    [...Object.keys(answerHead), "object", "choices"],
  ),
  Embeddings: whole({
    object: { const: "list" },
    data: listOf(
      whole({
        object: { const: "embedding" },
        index: count,
        embedding: { anyOf: [listOf(number), { type: "string", contentEncoding: "base64" }] },
      }),
    ),
    model: text,
    usage: whole({ prompt_tokens: count, total_tokens: count }),
  }),
  Model: whole({ id: text, object: { const: "model" }, created: count, owned_by: text, context_size: count }),
  ModelList: whole({ object: { const: "list" }, data: listOf(reference("Model")) }),
  Health: whole({ status: { enum: ["ok", "closing"] } }),
  Info: whole({
    name: text,
    version: text,
    model: whole({ id: text, contextSize: count, trainContextSize: count }),
    images: flag,
    embeddings: flag,
    functions: listOf(text),
    limits: { type: "object", additionalProperties: count },
  }),
};

const summary = { id: text, title: text, createdAt: time, updatedAt: time, messageCount: count, busy: flag };

const chats = {
  ContextReport: whole({
    contextSize: count,
    usedTokens: count,
    reusedTokens: count,
    movedTokens: count,
    sharedTokens: count,
    evaluatedTokens: count,
    promptMs: { type: "number", minimum: 0 },
  }),
  ReplyStats: whole({
    promptTokens: count,
    cachedTokens: count,
    generatedTokens: count,
    tokensPerSecond: { type: "number", minimum: 0 },
  }),
  Part: {
    oneOf: [
      closed({ type: { const: "text" }, text }, ["type", "text"]),
      closed(
        {
          type: { const: "segment" },
          segmentType: { enum: ["thought", "comment"] },
          text,
          ended: flag,
        },
        ["type", "segmentType", "text", "ended"],
      ),
      closed({ type: { const: "call" }, name: text, params: {}, result: {} }, [
        "type",
        "name",
        "params",
        "result",
      ]),
    ],
  },
  Message: object(
    {
      id: text,
      createdAt: time,
      role,
      text,
      images: { ...listOf(text), description: "data: URLs; only of a user's message that has some" },
      parts: { ...listOf(reference("Part")), description: "Only of a model's message" },
      stopReason: {
        enum: [
          ...["eogToken", "stopGenerationTrigger", "maxTokens", "functionCalls", "customStopTrigger"],
          ...["abort", "timeLimit"],
        ],
        description: "Only of a model's message that was generated",
      },
      cost: whole({ context: reference("ContextReport"), stats: reference("ReplyStats") }),
    },
    ["id", "createdAt", "role", "text"],
  ),
  SessionSummary: whole(summary),
  Session: whole({
    ...summary,
    settings: reference("Settings"),
    messages: listOf(reference("Message")),
    canUndo: flag,
    context: { anyOf: [reference("ContextReport"), { type: "null" }] },
  }),
  Error: whole({
    error: whole({ message: text, type: text, param: textOrNull, code: text }),
  }),
};

/** The schemas of what is answered. */
export const answerComponents: Readonly<Record<string, object>> = {
  ...chatAnswers,
  ...otherAnswers,
  ...chats,
};
