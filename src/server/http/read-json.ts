import { RequestError } from "./request-error.ts";

export interface JsonLimits {
  readonly bodyBytes: number;
  /** Arrays and objects within each other. */
  readonly nesting: number;
}

/**
 * The body of a request.
 * @throws RequestError 400 when it is not JSON, 413 when it is too large, 415 when it does not say that it is JSON
 */
export async function readJson(request: Request, limits: JsonLimits): Promise<unknown> {
  const type = (request.headers.get("content-type") ?? "").split(";", 1)[0]!.trim().toLowerCase();
  if (type !== "application/json") {
    throw new RequestError(415, "invalid-argument", "The body must be sent as application/json");
  }
  const bytes = await readBytes(request, limits.bodyBytes).catch((error: unknown) => {
    // Who sends goes away, or sends too slowly: no fault of ours.
    if (error instanceof RequestError) throw error;
    throw new RequestError(400, "aborted", "The body did not arrive whole", { cause: error });
  });
  let value: unknown;
  try {
    value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(bytes));
  } catch {
    throw new RequestError(400, "invalid-argument", "The body is not JSON in UTF-8");
  }
  checkNesting(value, limits.nesting);
  return value;
}

async function readBytes(request: Request, max: number): Promise<Uint8Array> {
  const tooLarge = () =>
    new RequestError(413, "invalid-argument", `The body is larger than ${max} bytes`, {
      headers: { connection: "close" },
    });
  if (Number(request.headers.get("content-length") ?? 0) > max) throw tooLarge();
  if (request.body === null) return new Uint8Array();
  const chunks: Uint8Array[] = [];
  let length = 0;
  const reader = request.body.getReader();
  for (let read = await reader.read(); !read.done; read = await reader.read()) {
    length += read.value.byteLength;
    if (length > max) {
      // Nobody waits for the rest.
      void reader.cancel().catch(() => {});
      throw tooLarge();
    }
    chunks.push(read.value);
  }
  return Buffer.concat(chunks);
}

/** Everything behind this walks values recursively, so their depth is bounded here, without recursion. */
function checkNesting(value: unknown, max: number): void {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > max) {
      throw new RequestError(400, "invalid-argument", `The body is nested deeper than ${max} levels`);
    }
    level = level.flatMap((item) => (typeof item === "object" && item !== null ? Object.values(item) : []));
  }
}
