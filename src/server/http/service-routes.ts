import { getModuleVersion } from "../../base/module-version.ts";
import { openApiDocument } from "../openapi/openapi-document.ts";
import { operation } from "../openapi/operation.ts";
import { supportsImages } from "../pool/read-image.ts";
import { jsonResponse } from "./json-response.ts";
import type { Route } from "./route.ts";

const tag = "service";

/** Routes about the server itself. */
export function serviceRoutes(all: () => readonly Route[]): readonly Route[] {
  return [
    {
      method: "GET",
      path: "/health",
      open: true,
      operation: operation({
        tag,
        summary: "Whether the server answers",
        answer: "Health",
        refusals: { 503: "The server is closing" },
        open: true,
      }),
      answer: ({ closing }) =>
        jsonResponse({ status: closing.aborted ? "closing" : "ok" }, closing.aborted ? 503 : 200),
    },
    {
      method: "GET",
      path: "/metrics",
      operation: operation({ tag, summary: "Figures for Prometheus", text: "text/plain" }),
      answer: ({ metrics, pool, store }) =>
        new Response(metrics.text(pool, store.count), {
          headers: {
            "content-type": "text/plain; version=0.0.4; charset=utf-8",
            "cache-control": "no-store",
          },
        }),
    },
    {
      method: "GET",
      path: "/openapi.json",
      open: true,
      operation: operation({ tag, summary: "This document", answer: { type: "object" }, open: true }),
      answer: async () => jsonResponse(openApiDocument(await getModuleVersion(), all())),
    },
    {
      method: "GET",
      path: "/api/info",
      operation: operation({ tag, summary: "What is served", answer: "Info" }),
      answer: async (serving) => {
        const { modelId: id, contextSize, model, limits } = serving;
        return jsonResponse({
          name: "colloquy",
          version: await getModuleVersion(),
          model: { id, contextSize, trainContextSize: model.trainContextSize },
          images: supportsImages(model),
          embeddings: serving.embeddings !== undefined,
          functions: Object.keys(serving.functions),
          limits,
        });
      },
    },
  ];
}
