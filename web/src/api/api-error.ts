/** Why a request failed, as the server tells it. */
export class ApiError extends Error {
  override readonly name = "ApiError";
  /** HTTP status; 0 when the server could not be reached. */
  readonly status: number;
  /** The server's code, such as `queue-full`. */
  readonly code: string;
  /** The field that is wrong, if one is. */
  readonly param: string | null;
  /** Seconds after which another try makes sense. */
  readonly retryAfter: number | null;

  constructor(
    status: number,
    message: string,
    rest: { code?: string; param?: string | null; retryAfter?: number | null } = {},
  ) {
    super(message);
    this.status = status;
    this.code = rest.code ?? "unknown";
    this.param = rest.param ?? null;
    this.retryAfter = rest.retryAfter ?? null;
  }

  get isUnreachable(): boolean {
    return this.status === 0;
  }
}

/** Reads the error of an answer; what is no JSON of ours becomes a message with the status. */
export async function readApiError(response: Response): Promise<ApiError> {
  const seconds = Number(response.headers.get("retry-after") ?? Number.NaN);
  const retryAfter = Number.isFinite(seconds) && seconds >= 0 ? seconds : null;
  const body: unknown = await response.json().catch(() => undefined);
  const error = isRecord(body) && isRecord(body.error) ? body.error : {};
  const message =
    typeof error.message === "string" ? error.message : `The server answered with ${response.status}`;
  return new ApiError(response.status, message, {
    code: typeof error.code === "string" ? error.code : undefined,
    param: typeof error.param === "string" ? error.param : null,
    retryAfter,
  });
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null;
}
