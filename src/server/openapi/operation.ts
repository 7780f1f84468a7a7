type JsonObject = Readonly<Record<string, unknown>>;

export interface OperationOptions {
  readonly tag: string;
  readonly summary: string;
  /** Name of the body's schema in the components. */
  readonly body?: string;
  readonly bodyOptional?: boolean;
  /** Schema of the answer, or its name in the components; none for 204. */
  readonly answer?: string | JsonObject;
  /** Default 200. */
  readonly status?: number;
  /** Whether the answer is, or can be, a stream of events. */
  readonly stream?: "always" | "sometimes";
  /** Media type of an answer that is not JSON. */
  readonly text?: string;
  readonly parameters?: readonly JsonObject[];
  readonly open?: boolean;
}

/** The OpenAPI operation of a route; parameters of the path are taken from it later. */
export function operation(options: OperationOptions): JsonObject {
  const { tag, summary, body, status = 200, open = false, parameters = [] } = options;
  return {
    tags: [tag],
    summary,
    parameters,
    ...(body === undefined
      ? {}
      : {
          requestBody: {
            required: options.bodyOptional !== true,
            content: { "application/json": { schema: reference(body) } },
          },
        }),
    responses: {
      [status]: { description: "Done", ...answerContent(options) },
      default: {
        description: "Refused or failed",
        content: { "application/json": { schema: reference("Error") } },
      },
    },
    ...(open ? { security: [] } : {}),
  };
}

function answerContent({ answer, stream, text }: OperationOptions): JsonObject {
  const events = { "text/event-stream": {} };
  if (stream === "always") return { content: events };
  if (text !== undefined) return { content: { [text]: { schema: { type: "string" } } } };
  if (answer === undefined) return {};
  const schema = typeof answer === "string" ? reference(answer) : answer;
  return { content: { "application/json": { schema }, ...(stream === undefined ? {} : events) } };
}

export function reference(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}
