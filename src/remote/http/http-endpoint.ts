import { ColloquyError } from "../../base/errors.ts";
import { BlockingHttp } from "./blocking-http.ts";
import { TransportError } from "./transport-error.ts";

export interface HttpEndpointOptions {
  readonly url: string;
  readonly apiKey?: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Name of the header that carries the session's key. */
  readonly sessionHeader: string;
}

export interface HttpCall {
  readonly body?: unknown;
  readonly sessionKey?: string;
  readonly signal?: AbortSignal;
}

/** The session of what is asked when connecting: one worker answers all of it. */
export const connectionKey = "connection";
const errorTextMax = 4096;
/** How long the whole process may stand still for an answer that is needed at once. */
const blockingMsMax = 5_000;
/** Answers that say "not now" or come from a router whose worker is gone. */
const passingStatuses: ReadonlySet<number> = new Set([408, 425, 429, 500, 502, 503, 504]);

/** Where an engine listens, and how requests to it look. */
export class HttpEndpoint {
  readonly #base: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #sessionHeader: string;
  readonly #blocking = new BlockingHttp(blockingMsMax);

  constructor({ url, apiKey, headers, sessionHeader }: HttpEndpointOptions) {
    this.#base = url.replace(/\/+$/, "");
    this.#headers = { ...headers, ...(apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` }) };
    this.#sessionHeader = sessionHeader;
  }

  /** GET, or POST where there is a body. @throws TransportError, ColloquyError `unsupported` for a refused request */
  async open(path: string, { body, sessionKey = connectionKey, signal }: HttpCall = {}): Promise<Response> {
    const headers: Record<string, string> = { ...this.#headers };
    if (body !== undefined) headers["content-type"] = "application/json";
    headers[this.#sessionHeader] = sessionKey;
    const request = {
      method: body === undefined ? "GET" : "POST",
      body: body === undefined ? undefined : JSON.stringify(body),
      headers,
      signal,
    };
    // A connection that was kept open may have been closed by the server just now: a new one is tried at once.
    const response = await this.#send(path, request).catch(() => this.#send(path, request));
    if (response.ok) return response;
    const text = (await response.text().catch(() => "")).slice(0, errorTextMax);
    const message = `${this.#base}${path} answered ${response.status}: ${text}`;
    if (passingStatuses.has(response.status)) throw new TransportError(message);
    throw new ColloquyError("unsupported", message);
  }

  async #send(path: string, request: RequestInit): Promise<Response> {
    try {
      return await fetch(this.#base + path, request);
    } catch (error) {
      request.signal?.throwIfAborted();
      throw new TransportError(`${this.#base} cannot be reached`, error);
    }
  }

  /** The answer as JSON. @throws as {@link open} */
  async json(path: string, call: HttpCall = {}): Promise<unknown> {
    const response = await this.open(path, call);
    try {
      return await response.json();
    } catch (error) {
      call.signal?.throwIfAborted();
      throw new TransportError(`${this.#base}${path} broke off its answer`, error);
    }
  }

  /**
   * POST, with the answer before anything else happens in this process. A worker that is gone is asked for once more,
   * which a router sends to another.
   * @throws TransportError, ColloquyError `unsupported` for a refused request
   */
  jsonNow(path: string, body: unknown): unknown {
    const headers = {
      ...this.#headers,
      "content-type": "application/json",
      [this.#sessionHeader]: connectionKey,
    };
    const call = { url: this.#base + path, headers, body: JSON.stringify(body) };
    try {
      return this.#blocking.post(call);
    } catch (error) {
      if (!(error instanceof TransportError)) throw error;
      return this.#blocking.post(call);
    }
  }

  close(): void {
    this.#blocking.close();
  }
}
