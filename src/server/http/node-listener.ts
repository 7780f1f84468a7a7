import type { IncomingMessage, ServerResponse } from "node:http";
import { Readable } from "node:stream";
import { ColloquyError } from "../../base/errors.ts";
import { errorResponse } from "./error-response.ts";
import { eventStreamOf } from "./event-stream.ts";
import { RequestError } from "./request-error.ts";

export type Fetch = (request: Request) => Promise<Response>;

/**
 * Carries requests of a Node.js HTTP server to a `fetch` handler. When the connection is closed before the answer is
 * complete, the request's signal is aborted and the answer's stream cancelled.
 */
export function nodeListener(fetch: Fetch): (incoming: IncomingMessage, outgoing: ServerResponse) => void {
  return (incoming, outgoing) => {
    const gone = new AbortController();
    outgoing.once("close", () => {
      if (!outgoing.writableFinished) gone.abort(new ColloquyError("aborted", "The client went away"));
    });
    incoming.on("error", () => gone.abort(new ColloquyError("aborted", "The client went away")));
    outgoing.on("error", () => {});
    answer(fetch, incoming, outgoing, gone.signal).catch(() => outgoing.destroy());
  };
}

async function answer(
  fetch: Fetch,
  incoming: IncomingMessage,
  outgoing: ServerResponse,
  signal: AbortSignal,
): Promise<void> {
  let response: Response;
  try {
    response = await fetch(requestOf(incoming, signal));
  } catch (error) {
    response = errorResponse(error);
  }
  if (outgoing.destroyed) {
    await response.body?.cancel();
    return;
  }
  outgoing.writeHead(response.status, Object.fromEntries(response.headers));
  if (response.body === null || incoming.method === "HEAD") {
    await response.body?.cancel();
    outgoing.end();
    return;
  }
  const events = eventStreamOf(response);
  if (events === undefined) await sendBody(response.body, outgoing);
  else {
    outgoing.flushHeaders();
    events.sendTo(outgoing);
  }
}

async function sendBody(body: ReadableStream<Uint8Array>, outgoing: ServerResponse): Promise<void> {
  const reader = body.getReader();
  const onClose = () => void reader.cancel().catch(() => {});
  outgoing.once("close", onClose);
  try {
    outgoing.flushHeaders();
    for (let read = await reader.read(); !read.done; read = await reader.read()) {
      if (!outgoing.write(read.value) && !outgoing.destroyed) await drained(outgoing);
    }
    outgoing.end();
  } catch {
    outgoing.destroy();
  } finally {
    outgoing.off("close", onClose);
  }
}

function drained(outgoing: ServerResponse): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      outgoing.off("drain", done);
      outgoing.off("close", done);
      resolve();
    };
    outgoing.once("drain", done);
    outgoing.once("close", done);
  });
}

/** @throws RequestError for a request that no URL or no headers can be made of */
function requestOf(incoming: IncomingMessage, signal: AbortSignal): Request {
  const { method = "GET", url = "/", headers } = incoming;
  if (method === "TRACE") {
    throw new RequestError(405, "invalid-argument", "TRACE is not answered", {
      headers: { allow: "GET, POST, PATCH, DELETE" },
    });
  }
  try {
    if (!url.startsWith("/")) throw new TypeError("not a path");
    const list = new Headers();
    for (const [name, value] of Object.entries(headers)) {
      for (const one of Array.isArray(value) ? value : [value ?? ""]) list.append(name, one);
    }
    const hasBody = method !== "GET" && method !== "HEAD";
    return new Request(new URL(`http://${headers.host ?? "localhost"}${url}`), {
      method,
      headers: list,
      signal,
      ...(hasBody ? { body: Readable.toWeb(incoming) as ReadableStream<Uint8Array>, duplex: "half" } : {}),
    } as RequestInit);
  } catch (cause) {
    throw new RequestError(400, "invalid-argument", "The request cannot be read", { cause });
  }
}
