import type { Route } from "../http/route.ts";
import { components } from "./components.ts";

/** The interface as an OpenAPI 3.1 document. Format: https://spec.openapis.org/oas/v3.1.0 */
export function openApiDocument(version: string, routes: readonly Route[]): object {
  const paths: Record<string, Record<string, unknown>> = {};
  for (const { method, path, operation } of routes) {
    const names = [...path.matchAll(/\{(\w+)\}/g)].map((match) => match[1]!);
    const own = names.map((name) => ({ name, in: "path", required: true, schema: { type: "string" } }));
    const { parameters = [], ...rest } = operation as { parameters?: unknown[] };
    const operationId = `${method.toLowerCase()}${path.replace(/[^a-z0-9]+(\w?)/gi, (_, next: string) => next.toUpperCase())}`;
    paths[path] = {
      ...paths[path],
      [method.toLowerCase()]: { operationId, ...rest, parameters: [...own, ...parameters] },
    };
  }
  return {
    openapi: "3.1.0",
    servers: [{ url: "/" }],
    tags: [
      { name: "OpenAI", description: "OpenAI's interface; nothing is kept" },
      { name: "chats", description: "Chats in the server's store" },
      { name: "messages", description: "Messages of these chats" },
      { name: "service", description: "The server itself" },
    ],
    info: { title: "colloquy", version, description: "Conversations with a language model on this machine." },
    security: [{ key: [] }, {}],
    paths,
    components: {
      securitySchemes: { key: { type: "http", scheme: "bearer" } },
      schemas: components,
    },
  };
}
