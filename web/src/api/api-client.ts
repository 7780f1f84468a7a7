import { ApiError, readApiError } from "./api-error.ts";
import { readEventStream } from "./event-stream.ts";
import type {
  PromptBody,
  PromptEvent,
  ServerInfo,
  SessionChange,
  SessionJson,
  SessionSettings,
  SessionSummary,
} from "./wire.ts";

export interface ApiClientOptions {
  /** Where the server is. Default: the page's own origin. */
  readonly base?: string;
  readonly fetch?: typeof globalThis.fetch;
  /** The API key to send, if there is one. */
  readonly key?: () => string | null;
}

export interface SessionPage {
  readonly sessions: readonly SessionSummary[];
  /** There are older ones. */
  readonly more: boolean;
}

interface Sent {
  readonly method?: "GET" | "POST" | "PATCH" | "DELETE";
  readonly body?: unknown;
  readonly signal?: AbortSignal;
}

const eventNames: ReadonlySet<string> = new Set<PromptEvent["name"]>([
  "message",
  "context",
  "text",
  "segment",
  "call",
  "result",
  "stats",
  "done",
  "error",
]);

/** The server's `/api`, one method per request. All throw {@link ApiError}, or the signal's reason. */
export class ApiClient {
  readonly #base: string;
  readonly #fetch: typeof globalThis.fetch;
  readonly #key: () => string | null;

  constructor({
    base = "",
    fetch = globalThis.fetch.bind(globalThis),
    key = () => null,
  }: ApiClientOptions = {}) {
    this.#base = base;
    this.#fetch = fetch;
    this.#key = key;
  }

  info(): Promise<ServerInfo> {
    return this.#json("/api/info");
  }

  /** Chats from the one changed last on. */
  list({ before, search = "" }: { before?: string; search?: string } = {}): Promise<SessionPage> {
    const query = new URLSearchParams({ limit: "50" });
    if (before !== undefined) query.set("before", before);
    if (search !== "") query.set("search", search);
    return this.#json(`/api/sessions?${query}`);
  }

  create(body: { title?: string; settings?: Partial<SessionSettings> } = {}): Promise<SessionJson> {
    return this.#json("/api/sessions", { method: "POST", body });
  }

  read(id: string): Promise<SessionJson> {
    return this.#json(path(id));
  }

  update(id: string, change: SessionChange): Promise<SessionJson> {
    return this.#json(path(id), { method: "PATCH", body: change });
  }

  async delete(id: string): Promise<void> {
    await this.#send(path(id), { method: "DELETE" });
  }

  /** Asks, and yields events until `done` or `error`. Aborting stops the reply. */
  prompt(id: string, body: PromptBody, signal?: AbortSignal): AsyncGenerator<PromptEvent> {
    return this.#events(`${path(id)}/prompt`, { method: "POST", body, signal });
  }

  /** Writes the last reply again. */
  retry(id: string, signal?: AbortSignal): AsyncGenerator<PromptEvent> {
    return this.#events(`${path(id)}/retry`, { method: "POST", body: {}, signal });
  }

  cancel(id: string): Promise<{ readonly cancelled: boolean }> {
    return this.#json(`${path(id)}/cancel`, { method: "POST", body: {} });
  }

  async complete(id: string, text: string, signal?: AbortSignal): Promise<string> {
    const answer = await this.#json<{ completion: string }>(`${path(id)}/complete`, {
      method: "POST",
      body: { text },
      signal,
    });
    return answer.completion;
  }

  edit(id: string, messageId: string, text: string): Promise<SessionJson> {
    return this.#json(`${path(id)}/messages/${encodeURIComponent(messageId)}`, {
      method: "PATCH",
      body: { text },
    });
  }

  remove(id: string, messageId: string): Promise<SessionJson> {
    return this.#json(`${path(id)}/messages/${encodeURIComponent(messageId)}`, { method: "DELETE" });
  }

  undo(id: string): Promise<SessionJson> {
    return this.#json(`${path(id)}/undo`, { method: "POST", body: {} });
  }

  fork(id: string, body: { through?: string; title?: string }): Promise<SessionJson> {
    return this.#json(`${path(id)}/fork`, { method: "POST", body });
  }

  async #json<Value>(target: string, sent: Sent = {}): Promise<Value> {
    const response = await this.#send(target, sent);
    return (await response.json()) as Value;
  }

  async *#events(target: string, sent: Sent): AsyncGenerator<PromptEvent> {
    const response = await this.#send(target, sent);
    if (response.body === null) throw new ApiError(response.status, "The server sent no stream");
    let isFinished = false;
    let cause = "Error";
    try {
      // Read to the end even behind the last event: a stream that is let go counts as a failed request.
      for await (const { name, data } of readEventStream(response.body)) {
        if (isFinished || !eventNames.has(name)) continue;
        isFinished = name === "done" || name === "error";
        yield { name, data: JSON.parse(data) } as PromptEvent;
      }
    } catch (error) {
      if (sent.signal?.aborted) throw sent.signal.reason;
      cause = (error as Error).name;
    }
    if (isFinished) return;
    throw new ApiError(0, "The connection broke off while the reply was being written", { code: cause });
  }

  async #send(target: string, { method = "GET", body, signal }: Sent): Promise<Response> {
    const key = this.#key();
    const headers: Record<string, string> = {};
    if (body !== undefined) headers["content-type"] = "application/json";
    if (key !== null) headers.authorization = `Bearer ${key}`;
    let response: Response;
    try {
      response = await this.#fetch(this.#base + target, {
        method,
        headers,
        body: body === undefined ? undefined : JSON.stringify(body),
        signal,
      });
    } catch {
      signal?.throwIfAborted();
      throw new ApiError(0, "The server does not answer");
    }
    if (!response.ok) throw await readApiError(response);
    return response;
  }
}

function path(id: string): string {
  return `/api/sessions/${encodeURIComponent(id)}`;
}
