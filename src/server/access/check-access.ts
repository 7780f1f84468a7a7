import { createHash, timingSafeEqual } from "node:crypto";
import { RequestError } from "../http/request-error.ts";

export interface AccessRules {
  /** Any of these keys lets a request in. Empty: no key is needed. */
  readonly apiKeys: readonly string[];
  /** Origins of web pages that may use the server, apart from its own. */
  readonly corsOrigins: readonly string[];
}

/** Names under which a server without a key may be reached. */
const loopbackNames: ReadonlySet<string> = new Set(["localhost", "127.0.0.1", "[::1]"]);

export function isLoopback(host: string): boolean {
  return loopbackNames.has(host) || host === "::1" || /^127\.\d+\.\d+\.\d+$/.test(host);
}

/**
 * Refuses requests that a foreign web page has caused. Without a key, only names of this machine are answered: a page
 * whose own name was made to point here would otherwise count as this server's.
 * @throws RequestError 403
 */
export function checkOrigin(request: Request, url: URL, rules: AccessRules): void {
  if (rules.apiKeys.length === 0 && !isLoopback(url.hostname)) {
    throw new RequestError(
      403,
      "invalid-argument",
      "This server answers only to the names of its own machine",
      {
        hint: "set an API key to use other names",
      },
    );
  }
  const origin = request.headers.get("origin");
  if (origin === null || rules.corsOrigins.includes(origin) || originHost(origin) === url.host) return;
  throw new RequestError(403, "invalid-argument", "Requests from this origin are not allowed");
}

function originHost(origin: string): string | undefined {
  try {
    return new URL(origin).host;
  } catch {
    return undefined;
  }
}

/** @throws RequestError 401 */
export function checkKey(request: Request, { apiKeys }: AccessRules): void {
  if (apiKeys.length === 0) return;
  const [, given] = /^Bearer +(\S+)$/i.exec(request.headers.get("authorization") ?? "") ?? [];
  const digest = sha256(given ?? "");
  // All keys are compared, and digests of one length: the time tells nothing.
  const matches = apiKeys.filter((key) => timingSafeEqual(sha256(key), digest));
  if (given === undefined || matches.length === 0) {
    throw new RequestError(401, "invalid-argument", "The API key is missing or wrong", {
      headers: { "www-authenticate": "Bearer" },
    });
  }
}

function sha256(text: string): Buffer {
  return createHash("sha256").update(text).digest();
}

/** What tells a browser that a page of this origin may read the answer. */
export function corsHeaders(request: Request, { corsOrigins }: AccessRules): Record<string, string> {
  const origin = request.headers.get("origin");
  if (origin === null || !corsOrigins.includes(origin)) return {};
  return { "access-control-allow-origin": origin, vary: "origin" };
}

/** The answer to a browser's question whether it may send a request. */
export function preflightResponse(request: Request, rules: AccessRules): Response {
  const headers = corsHeaders(request, rules);
  if (Object.keys(headers).length === 0) return new Response(null, { status: 204 });
  return new Response(null, {
    status: 204,
    headers: {
      ...headers,
      "access-control-allow-methods": "GET, POST, PATCH, DELETE",
      "access-control-allow-headers": "authorization, content-type",
      "access-control-max-age": "600",
    },
  });
}
