import { Hono } from "hono";
import {
  type AccessRules,
  checkKey,
  checkOrigin,
  corsHeaders,
  preflightResponse,
} from "../access/check-access.ts";
import { openAiRoutes } from "../openai/openai-routes.ts";
import type { Serving } from "../serving.ts";
import { messageRoutes } from "../sessions/message-routes.ts";
import { sessionRoutes } from "../sessions/session-routes.ts";
import type { StaticFiles } from "../web/static-files.ts";
import { errorResponse } from "./error-response.ts";
import { readJson } from "./read-json.ts";
import { RequestError } from "./request-error.ts";
import type { Route } from "./route.ts";
import { serviceRoutes } from "./service-routes.ts";

/** All routes of the server. */
export const routes: readonly Route[] = [
  ...serviceRoutes(() => routes),
  ...openAiRoutes,
  ...sessionRoutes,
  ...messageRoutes,
];

/** The `fetch` handler: access, routes, files of the web client, errors, figures. */
export function createHandler(
  serving: Serving,
  access: AccessRules,
  files: StaticFiles | undefined,
): (request: Request) => Promise<Response> {
  const app = new Hono();
  for (const route of routes) {
    app.on(route.method, honoPath(route.path), (context) =>
      answerRoute(serving, access, route, context.req.raw, context.req.param()),
    );
  }
  for (const path of new Set(routes.map((route) => route.path))) {
    const methods = routes.filter((route) => route.path === path).map((route) => route.method);
    app.all(honoPath(path), () => {
      throw new RequestError(405, "invalid-argument", "This path does not take this method", {
        headers: { allow: methods.join(", ") },
      });
    });
  }
  app.get("*", (context) => files?.answer(context.req.raw, context.req.path) ?? context.notFound());
  app.notFound(() => errorResponse(new RequestError(404, "range", "There is no such path")));
  app.onError((error) => errorResponse(error));
  return async (request) => {
    try {
      const url = new URL(request.url);
      checkOrigin(request, url, access);
      if (request.method === "OPTIONS") return preflightResponse(request, access);
      const response = await app.fetch(request);
      for (const [name, value] of Object.entries(corsHeaders(request, access)))
        response.headers.set(name, value);
      return response;
    } catch (error) {
      return errorResponse(error);
    }
  };
}

async function answerRoute(
  serving: Serving,
  access: AccessRules,
  route: Route,
  raw: Request,
  params: Readonly<Record<string, string>>,
): Promise<Response> {
  const start = performance.now();
  let response: Response;
  try {
    if (route.open !== true) checkKey(raw, access);
    const body = await bodyOf(raw, route, serving);
    response = await route.answer(serving, { raw, url: new URL(raw.url), params, body });
  } catch (error) {
    response = errorResponse(error);
    if (response.status === 500) serving.onError(error);
  }
  const seconds = (performance.now() - start) / 1000;
  serving.metrics.countRequest(route.path, route.method, response.status, seconds);
  return response;
}

async function bodyOf(raw: Request, { takesBody }: Route, { limits }: Serving): Promise<unknown> {
  if (takesBody === undefined) return undefined;
  const isMissing = raw.body === null || raw.headers.get("content-length") === "0";
  const hasNoBody =
    isMissing ||
    (raw.headers.get("content-type") === null &&
      !raw.headers.has("transfer-encoding") &&
      !raw.headers.has("content-length"));
  if (takesBody === "optional" && hasNoBody) return {};
  return readJson(raw, limits);
}

function honoPath(path: string): string {
  return path.replace(/\{(\w+)\}/g, ":$1");
}
