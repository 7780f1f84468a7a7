import { InvalidArgumentError } from "../../base/errors.ts";

/** What one request may ask for, and how much the server holds at once. */
export interface ServerLimits {
  /** Bytes of a request's body. Default 8 MiB. */
  readonly bodyBytes: number;
  /** Arrays and objects within each other in a body. Default 100. */
  readonly nesting: number;
  /** Characters of one message or text. Default 1,000,000. */
  readonly messageLength: number;
  /** Messages of one request or chat. Default 2000. */
  readonly messages: number;
  /** Bytes of one JSON schema. Default 65,536. */
  readonly schemaBytes: number;
  /** Tools of one request. Default 128. */
  readonly tools: number;
  /** Bytes of the schemas of all tools of a request. Default 262,144. */
  readonly toolBytes: number;
  /** Replies that one request may ask for. Default 16. */
  readonly choices: number;
  /** Texts that one request may embed. Default 256. */
  readonly embeddingInputs: number;
  /** Images of one request. Default 16. */
  readonly images: number;
  /** Chats in the store. Default 10,000. */
  readonly sessions: number;
  /** Requests that wait for a sequence. Default 64. */
  readonly queueLength: number;
  /** Longest wait for a sequence, milliseconds. Default 60,000. */
  readonly queueMs: number;
  /** Longest generation, milliseconds. Default 600,000. */
  readonly generationMs: number;
  /** Bytes of a stream that its client has not read. Default 1 MiB. */
  readonly streamBufferBytes: number;
  /** Connections at once. Default 1024. */
  readonly connections: number;
  /** Time for the headers of a request to arrive, milliseconds. Default 15,000. */
  readonly headersMs: number;
  /** Time for a whole request to arrive, milliseconds. Default 60,000. */
  readonly requestMs: number;
}

export const defaultLimits: ServerLimits = Object.freeze({
  bodyBytes: 8 * 2 ** 20,
  nesting: 100,
  messageLength: 1_000_000,
  messages: 2000,
  schemaBytes: 65_536,
  tools: 128,
  toolBytes: 262_144,
  choices: 16,
  embeddingInputs: 256,
  images: 16,
  sessions: 10_000,
  queueLength: 64,
  queueMs: 60_000,
  generationMs: 600_000,
  streamBufferBytes: 2 ** 20,
  connections: 1024,
  headersMs: 15_000,
  requestMs: 60_000,
});

/** @throws InvalidArgumentError for a limit that is unknown or no positive integer */
export function resolveLimits(limits: Partial<ServerLimits> = {}): ServerLimits {
  for (const [name, value] of Object.entries(limits)) {
    if (!Object.hasOwn(defaultLimits, name)) throw new InvalidArgumentError(`There is no limit "${name}"`);
    const min = name === "queueLength" ? 0 : 1;
    if (value !== undefined && !(Number.isSafeInteger(value) && value >= min)) {
      throw new InvalidArgumentError(`limits.${name} must be an integer of at least ${min}`);
    }
  }
  const given = Object.fromEntries(Object.entries(limits).filter(([, value]) => value !== undefined));
  return { ...defaultLimits, ...given };
}
