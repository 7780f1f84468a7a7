import { RequestError } from "../http/request-error.ts";

/** The refusal of a request that would wait too long. @param waitMs how long it would probably take */
export function queueFull(waitMs: number): RequestError {
  const seconds = Math.min(60, Math.max(1, Math.ceil(waitMs / 1000)));
  return new RequestError(429, "queue-full", "The server is busy", {
    hint: `try again in ${seconds} seconds`,
    headers: { "retry-after": String(seconds) },
  });
}
