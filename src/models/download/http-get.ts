import { setTimeout as sleep } from "node:timers/promises";
import { ColloquyError } from "../../base/errors.ts";
import { linkedAbort } from "../../base/linked-abort.ts";

/** Something to fetch, with what may be shown to its server. */
export interface HttpTarget {
  url: string;
  /** Extra headers. Like the token, they go to the first server only, never to another one it redirects to. */
  headers?: Readonly<Record<string, string>>;
  /** A bearer token. */
  token?: string;
}

export interface HttpGetOptions {
  /** Bytes to ask for, both ends included. */
  range?: readonly [first: number, last: number];
  signal?: AbortSignal;
  /** How often to try in all when the server is busy or the line breaks. Default: 5. */
  attempts?: number;
  /** Wait before the second attempt; doubled for each one after it. Default: 500. */
  retryDelayMs?: number;
  /** Time until the response's headers must be there. Default: 30,000. */
  headersTimeoutMs?: number;
}

export interface HttpResult {
  response: Response;
  /** The address that answered, after redirects. */
  url: string;
  /** Headers of every hop, the last one first; a hub puts a file's checksum on the redirect. */
  hops: readonly Headers[];
}

/** A server's refusal, with its status. */
export class HttpStatusError extends ColloquyError {
  readonly status: number;

  constructor(status: number, message: string, hint: string | undefined) {
    super(status === 404 || status === 410 ? "model-not-found" : "download-failed", message, { hint });
    this.status = status;
  }
}

const redirectsMax = 10;
const retryAfterMsMax = 30_000;
const statusesToRetry = new Set([408, 425, 429, 500, 502, 503, 504]);

/**
 * GET with redirects followed by hand, so that tokens stay with their host, and with retries.
 *
 * @throws ColloquyError `model-not-found` (404, 410), `download-failed` (anything else), with status and address.
 */
export async function httpGet(target: HttpTarget, options: HttpGetOptions = {}): Promise<HttpResult> {
  const attempts = options.attempts ?? 5;
  for (let attempt = 1; ; attempt++) {
    options.signal?.throwIfAborted();
    let retryAfterMs: number | undefined;
    let failure: ColloquyError;
    try {
      const result = await followRedirects(target, options);
      if (result.response.ok) return result;
      await result.response.body?.cancel().catch(() => {});
      failure = statusError(result);
      if (!statusesToRetry.has(result.response.status)) throw failure;
      retryAfterMs = secondsHeader(result.response.headers.get("retry-after"));
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof ColloquyError) throw error;
      failure = networkError(target.url, error);
    }
    if (attempt >= attempts) throw failure;
    await retryPause(attempt, options, retryAfterMs);
  }
}

/** Waits before another attempt: doubling, with a random share so that parallel requests do not return together. */
export async function retryPause(attempt: number, options: HttpGetOptions, leastMs = 0): Promise<void> {
  const doubled = (options.retryDelayMs ?? 500) * 2 ** (attempt - 1);
  const pauseMs = Math.min(retryAfterMsMax, Math.max(leastMs, doubled * (0.75 + Math.random() / 2)));
  await sleep(pauseMs, undefined, { signal: options.signal }).catch(() => options.signal?.throwIfAborted());
}

async function followRedirects(target: HttpTarget, options: HttpGetOptions): Promise<HttpResult> {
  const hops: Headers[] = [];
  const firstOrigin = new URL(target.url).origin;
  let url = target.url;
  for (let redirects = 0; redirects <= redirectsMax; redirects++) {
    const headers = new Headers(new URL(url).origin === firstOrigin ? target.headers : undefined);
    if (target.token !== undefined && new URL(url).origin === firstOrigin) {
      headers.set("authorization", `Bearer ${target.token}`);
    }
    if (options.range !== undefined) headers.set("range", `bytes=${options.range[0]}-${options.range[1]}`);
    // Without it, a compressing server would send other bytes than those of the file.
    headers.set("accept-encoding", "identity");
    const response = await fetchHeaders(url, headers, options);
    hops.unshift(response.headers);
    const location = response.headers.get("location");
    if (response.status < 300 || response.status > 399 || location === null) return { response, url, hops };
    await response.body?.cancel().catch(() => {});
    const next = new URL(location, url);
    if (next.protocol !== "https:" && next.protocol !== "http:") break;
    if (next.protocol === "http:" && url.startsWith("https:")) {
      throw new ColloquyError("download-failed", `${shownUrl(url)} redirects to an unencrypted address`);
    }
    url = next.href;
  }
  throw new ColloquyError("download-failed", `${shownUrl(target.url)} redirects without end`);
}

/** A fetch whose headers must come in time; whoever reads the body watches the signal then. */
async function fetchHeaders(url: string, headers: Headers, options: HttpGetOptions): Promise<Response> {
  const timeoutMs = options.headersTimeoutMs ?? 30_000;
  const stop = linkedAbort(options.signal);
  const timer = setTimeout(() => stop.abort(new Error(`no answer within ${timeoutMs} ms`)), timeoutMs);
  try {
    return await fetch(url, { headers, redirect: "manual", signal: stop.signal });
  } finally {
    clearTimeout(timer);
    stop.unlink();
  }
}

function statusError({ response, url }: HttpResult): ColloquyError {
  const { status } = response;
  const message = `${shownUrl(url)} answered with status ${status} ${response.statusText}`.trimEnd();
  const secret = status === 401 || status === 403;
  return new HttpStatusError(
    status,
    message,
    secret ? "the model may be gated or private: pass a token that may read it" : undefined,
  );
}

/** What went wrong below HTTP, in words: fetch itself only says "fetch failed". */
export function networkError(url: string, error: unknown): ColloquyError {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as NodeJS.ErrnoException).code;
  const words = cause instanceof Error ? cause.message : String(cause);
  const reason = code !== undefined && !words.includes(code) ? `${code} ${words}` : words;
  return new ColloquyError("download-failed", `${shownUrl(url)} cannot be fetched: ${reason}`, {
    cause: error,
  });
}

/** An address without its secrets: user, password and query (signatures, tokens). */
export function shownUrl(url: string): string {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return parsed === undefined ? "(an invalid address)" : `${parsed.origin}${parsed.pathname}`;
}

function secondsHeader(value: string | null): number | undefined {
  const seconds = Number(value ?? Number.NaN);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : undefined;
}
