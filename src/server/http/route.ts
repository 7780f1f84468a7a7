import type { Serving } from "../serving.ts";

/** A request that has found its route. */
export interface RoutedRequest {
  readonly raw: Request;
  readonly url: URL;
  /** Values of the path's `{name}` parts. */
  readonly params: Readonly<Record<string, string>>;
  /** The body as JSON, checked for size and nesting. */
  readonly body: unknown;
}

/** One method of one path: how it is answered, and what the OpenAPI document says about it. */
export interface Route {
  readonly method: "GET" | "POST" | "PATCH" | "DELETE";
  /** As in OpenAPI, with `{name}` for what varies. */
  readonly path: string;
  /** Answered without a key. */
  readonly open?: boolean;
  /** Whether there must be a body; `"optional"`: it may be missing, and `body` is then `{}`. */
  readonly takesBody?: true | "optional";
  /** The operation object of the document. */
  readonly operation: Readonly<Record<string, unknown>>;
  answer(serving: Serving, request: RoutedRequest): Response | Promise<Response>;
}
