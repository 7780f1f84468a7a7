import { jsonResponse } from "../http/json-response.ts";
import { RequestError } from "../http/request-error.ts";
import type { Route } from "../http/route.ts";
import { operation } from "../openapi/operation.ts";
import type { Serving } from "../serving.ts";
import { chatCompletions } from "./chat-completions.ts";
import { embeddings } from "./embeddings.ts";
import { textCompletions } from "./text-completions.ts";

const tag = "OpenAI";

function modelJson({ modelId, startedAt, contextSize }: Serving): object {
  return {
    id: modelId,
    object: "model",
    created: Math.floor(startedAt.getTime() / 1000),
    owned_by: "colloquy",
    context_size: contextSize,
  };
}

export const openAiRoutes: readonly Route[] = [
  {
    method: "POST",
    path: "/v1/chat/completions",
    takesBody: true,
    operation: operation({
      tag,
      summary: "Answer a list of messages",
      body: "ChatRequest",
      answer: "ChatCompletion",
      stream: "sometimes",
      events: "With `stream`: events whose data are `ChatCompletionChunk`s, then `[DONE]`",
      generates: true,
      refusals: { 504: "The time limit was reached before anything was written" },
    }),
    answer: chatCompletions,
  },
  {
    method: "POST",
    path: "/v1/completions",
    takesBody: true,
    operation: operation({
      tag,
      summary: "Continue a text",
      body: "CompletionRequest",
      answer: "Completion",
      stream: "sometimes",
      events: "With `stream`: events whose data are `Completion`s, then `[DONE]`",
      generates: true,
      refusals: { 504: "The time limit was reached before anything was written" },
    }),
    answer: textCompletions,
  },
  {
    method: "POST",
    path: "/v1/embeddings",
    takesBody: true,
    operation: operation({
      tag,
      summary: "Vectors of texts",
      body: "EmbeddingRequest",
      answer: "Embeddings",
      generates: true,
    }),
    answer: embeddings,
  },
  {
    method: "GET",
    path: "/v1/models",
    operation: operation({ tag, summary: "List the models", answer: "ModelList" }),
    answer: (serving) => jsonResponse({ object: "list", data: [modelJson(serving)] }),
  },
  {
    method: "GET",
    path: "/v1/models/{id}",
    operation: operation({
      tag,
      summary: "One model",
      answer: "Model",
      refusals: { 404: "There is no such model" },
    }),
    answer: (serving, { params }) => {
      if (params.id === serving.modelId) return jsonResponse(modelJson(serving));
      throw new RequestError(404, "model-not-found", "There is no such model", { param: "model" });
    },
  },
];
