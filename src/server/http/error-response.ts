import { ColloquyError, type ErrorCode } from "../../base/errors.ts";
import { jsonResponse } from "./json-response.ts";
import { RequestError } from "./request-error.ts";

/** An error as OpenAI's clients know it; `code` is the code of the {@link ColloquyError}. */
export interface ErrorBody {
  readonly error: {
    readonly message: string;
    readonly type: string;
    readonly param: string | null;
    readonly code: ErrorCode;
  };
}

const statusOfCode: Partial<Record<ErrorCode, number>> = {
  "invalid-argument": 400,
  "context-overflow": 400,
  "grammar-invalid": 400,
  "grammar-unsupported": 400,
  "grammar-limit": 400,
  "media-invalid": 400,
  "media-unsupported": 400,
  "role-unknown": 400,
  "function-loop": 400,
  range: 400,
  busy: 409,
  "queue-full": 429,
  unsupported: 400,
  disposed: 503,
  aborted: 504,
};

/** What goes wrong on our side is told without its message: it may name files. */
const hiddenMessage = "The server failed to answer this request";

export function statusOf(error: unknown): number {
  if (error instanceof RequestError) return error.status;
  return (error instanceof ColloquyError ? statusOfCode[error.code] : undefined) ?? 500;
}

export function errorBody(error: unknown): ErrorBody {
  const status = statusOf(error);
  const isKnown = error instanceof ColloquyError && status !== 500;
  return {
    error: {
      message: isKnown ? error.message : hiddenMessage,
      type: typeOf(status),
      param: error instanceof RequestError ? error.param : null,
      code: error instanceof ColloquyError ? error.code : "internal",
    },
  };
}

export function errorResponse(error: unknown): Response {
  return jsonResponse(errorBody(error), statusOf(error), error instanceof RequestError ? error.headers : {});
}

/** OpenAI's names for kinds of errors. */
function typeOf(status: number): string {
  if (status === 401) return "authentication_error";
  if (status === 403) return "permission_error";
  if (status === 429) return "rate_limit_error";
  return status < 500 ? "invalid_request_error" : "server_error";
}
