/** Refusals of what is about one chat. */
export const ofOneChat = { 404: "There is no such chat" } as const;
/** Refusals of what changes a chat. */
export const whenBusy = { 409: "A reply is being written in this chat, or there is nothing to do" } as const;

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
  /** What the operation's events are, where it streams. */
  readonly events?: string;
  /** Whether a sequence is needed, so that the answer may be 429. */
  readonly generates?: boolean;
  /** Further statuses, and when they come. */
  readonly refusals?: Readonly<Record<number, string>>;
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
      ...refusalsOf(options),
      default: refusal("Refused or failed"),
    },
    ...(open ? { security: [] } : {}),
  };
}

function refusal(description: string): JsonObject {
  return { description, content: { "application/json": { schema: reference("Error") } } };
}

function refusalsOf({ body, generates, refusals = {}, open = false }: OperationOptions): JsonObject {
  const retry = {
    "Retry-After": { description: "Seconds", required: true, schema: { type: "integer", minimum: 1 } },
  };
  const entries = Object.entries(refusals).map(([status, when]) => [status, refusal(when)] as const);
  return {
    ...(body === undefined
      ? {}
      : {
          400: refusal("A field is wrong, or the request does not fit"),
          413: refusal("The body is too large"),
          415: refusal("The body is not JSON"),
        }),
    ...(open ? {} : { 401: refusal("The API key is missing or wrong") }),
    ...(generates === true ? { 429: { ...refusal("All sequences are busy"), headers: retry } } : {}),
    ...Object.fromEntries(entries),
  };
}

function answerContent({ answer, stream, text, events: description }: OperationOptions): JsonObject {
  // Tools read this as the schema of each event.
  const event = {
    type: "object",
    description,
    required: ["data"],
    properties: { event: { type: "string" }, data: { type: "string", contentMediaType: "application/json" } },
  };
  const events = { "text/event-stream": { schema: event } };
  if (stream === "always") return { content: events };
  if (text !== undefined) return { content: { [text]: { schema: { type: "string" } } } };
  if (answer === undefined) return {};
  const schema = typeof answer === "string" ? reference(answer) : answer;
  return { content: { "application/json": { schema }, ...(stream === undefined ? {} : events) } };
}

export function reference(name: string): JsonObject {
  return { $ref: `#/components/schemas/${name}` };
}
