import { ColloquyError, type ErrorCode, type ErrorDetails } from "../../base/errors.ts";

/** A request that is refused, with the status that says why. */
export class RequestError extends ColloquyError {
  readonly status: number;
  /** The field that is wrong. */
  readonly param: string | null;
  readonly headers: Readonly<Record<string, string>>;

  constructor(
    status: number,
    code: ErrorCode,
    message: string,
    details: ErrorDetails & { param?: string; headers?: Readonly<Record<string, string>> } = {},
  ) {
    super(code, message, details);
    this.status = status;
    this.param = details.param ?? null;
    this.headers = details.headers ?? {};
  }
}

/** A field that is of the wrong kind. */
export class FieldError extends RequestError {
  constructor(param: string, what: string) {
    super(400, "invalid-argument", `${param} ${what}`, { param });
  }
}
