import { setMaxListeners } from "node:events";
import { createServer as createHttpServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { basename } from "node:path";
import { ColloquyError, InvalidArgumentError } from "../base/errors.ts";
import type { ChatSessionModelFunctions } from "../chat/functions/chat-session-function.ts";
import { checkFunctions } from "../chat/functions/check-functions.ts";
import type { ContextSequence, LanguageModel } from "../engine/context-sequence.ts";
import type { ChatWrapper } from "../template/chat-wrapper.ts";
import { resolveChatWrapper } from "../template/resolve-chat-wrapper.ts";
import { type AccessRules, isLoopback } from "./access/check-access.ts";
import { createHandler } from "./http/create-handler.ts";
import { nodeListener } from "./http/node-listener.ts";
import { resolveLimits, type ServerLimits } from "./limits/server-limits.ts";
import { ServerMetrics } from "./metrics/server-metrics.ts";
import type { EmbeddingSource } from "./openai/embeddings.ts";
import { SchemaGrammars } from "./pool/schema-grammars.ts";
import { SequencePool } from "./pool/sequence-pool.ts";
import { Turns } from "./pool/turns.ts";
import type { Serving } from "./serving.ts";
import { SessionRuns } from "./sessions/session-runs.ts";
import { ChatStore } from "./store/chat-store.ts";
import { StaticFiles } from "./web/static-files.ts";

/** What the server takes sequences from; a `LlamaContext` is one. */
export interface SequenceSource {
  readonly sequencesLeft: number;
  getSequence(): ContextSequence;
}

export interface ServerOptions {
  /** Where the sequences come from. The server takes all that are left, or `sequences` of them. */
  context: SequenceSource;
  /** How many requests are answered at the same time. Default: all sequences that are left. */
  sequences?: number;
  /** Default `"auto"`: chosen by the model. */
  chatWrapper?: "auto" | ChatWrapper;
  /**
   * System prompt of chats and requests that bring none of their own; `""`: none. Default: the one that every new chat
   * begins with, `defaultSystemPrompt`.
   */
  systemPrompt?: string;
  /** Name under which the model is listed. Default: the name of its file. */
  modelName?: string;
  /** Makes embeddings, such as `await model.createEmbeddingContext()`. Default: none, `/v1/embeddings` is refused. */
  embeddings?: EmbeddingSource;
  /** What the model may call in chats under `/api`; the server runs them. Default: none. */
  functions?: ChatSessionModelFunctions;
  /** SQLite file with the chats; made when it is not there. Default: chats are kept in memory and lost at the end. */
  storePath?: string;
  /** Folder with the built web client, served at `/`. It is read once. Default: none. */
  webDirectory?: string;
  /** Keys that let a request in. Default: none; the server then listens on this machine only. */
  apiKey?: string | readonly string[];
  /** Origins of web pages elsewhere that may use the server, such as `https://chat.example`. Default: none. */
  corsOrigins?: readonly string[];
  limits?: Partial<ServerLimits>;
  /** Told about faults of ours, those that are answered with 500. Their causes are not sent to clients. Default: nobody. */
  onError?: (error: unknown) => void;
}

export interface ListenOptions {
  /** Default 8642; 0: any free one. */
  port?: number;
  /** Default `"127.0.0.1"`. Another than this machine's own requires an API key. */
  host?: string;
}

export const defaultPort = 8642;

/** A server for many users over one context. Made by {@link createServer}. */
export class ColloquyServer {
  readonly #serving: Serving;
  readonly #access: AccessRules;
  readonly #handler: (request: Request) => Promise<Response>;
  readonly #closing: AbortController;
  readonly #sequences: readonly ContextSequence[];
  readonly #open = new Set<Promise<unknown>>();
  #http: Server | undefined;
  #closed: Promise<void> | undefined;

  /** @internal */
  constructor(options: ServerOptions) {
    checkOptions(options);
    this.#access = accessOf(options);
    const limits = resolveLimits(options.limits);
    const files = options.webDirectory === undefined ? undefined : new StaticFiles(options.webDirectory);
    const store = ChatStore.open(options.storePath ?? ":memory:");
    this.#closing = new AbortController();
    // Every request that is answered listens to it.
    setMaxListeners(0, this.#closing.signal);
    this.#sequences = takeSequences(options);
    const { model, contextSize } = this.#sequences[0]!;
    const { chatWrapper = "auto" } = options;
    this.#serving = {
      model,
      contextSize,
      modelId: options.modelName ?? modelName(model),
      chatWrapper: chatWrapper === "auto" ? resolveChatWrapper(model) : chatWrapper,
      systemPrompt: options.systemPrompt,
      pool: new SequencePool(this.#sequences, limits),
      grammars: new SchemaGrammars(limits.schemaBytes),
      embeddings: options.embeddings,
      embeddingTurns: new Turns(limits.queueLength),
      functions: options.functions ?? {},
      store,
      runs: new SessionRuns(),
      limits,
      metrics: new ServerMetrics(),
      startedAt: new Date(),
      closing: this.#closing.signal,
      onError: options.onError ?? (() => {}),
    };
    this.#handler = createHandler(this.#serving, this.#access, files);
  }

  /** Answers a request. Never throws: what goes wrong is a response. */
  readonly fetch = async (request: Request): Promise<Response> => {
    const answer = this.#handler(request);
    this.#open.add(answer);
    try {
      return await answer;
    } finally {
      this.#open.delete(answer);
    }
  };

  /**
   * Listens for HTTP.
   * @throws ColloquyError `invalid-argument` for a host that others reach, without an API key; the error of the system
   * when the port is taken
   */
  async listen({ port = defaultPort, host = "127.0.0.1" }: ListenOptions = {}): Promise<{
    readonly url: string;
    readonly port: number;
  }> {
    if (!isLoopback(host) && this.#access.apiKeys.length === 0) {
      throw new InvalidArgumentError(`Listening on "${host}" requires an API key`, {
        hint: "others could use the server otherwise",
      });
    }
    if (this.#http !== undefined) throw new ColloquyError("busy", "The server listens already");
    this.#closing.signal.throwIfAborted();
    const { connections, headersMs, requestMs } = this.#serving.limits;
    const http = createHttpServer(
      {
        headersTimeout: Math.min(headersMs, requestMs),
        requestTimeout: requestMs,
        // Node.js looks for late requests this often.
        connectionsCheckingInterval: Math.min(5000, headersMs, requestMs),
        keepAliveTimeout: 75_000,
        maxHeaderSize: 16_384,
      },
      nodeListener(this.fetch),
    );
    http.maxConnections = connections;
    this.#http = http;
    await new Promise<void>((resolve, reject) => {
      http.once("error", (error) => {
        this.#http = undefined;
        reject(error);
      });
      http.listen(port, host, resolve);
    });
    const bound = (http.address() as AddressInfo).port;
    return { url: `http://${host.includes(":") ? `[${host}]` : host}:${bound}`, port: bound };
  }

  /** Stops listening and every generation, and gives sequences and store back. */
  close(): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort(new ColloquyError("disposed", "The server is closing"));
    const { pool, store, metrics } = this.#serving;
    metrics.close();
    pool.close();
    const http = this.#http;
    const stopped = new Promise<void>((resolve) =>
      http === undefined ? resolve() : http.close(() => resolve()),
    );
    await Promise.allSettled([...this.#open]);
    await pool.idle();
    http?.closeAllConnections();
    await stopped;
    for (const sequence of this.#sequences) await sequence.dispose();
    store.close();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }
}

/**
 * Makes a server: OpenAI's interface, chats of its own in a store, and the web client, over the sequences of one
 * context. It disposes the sequences that it took, never the context.
 *
 * @throws ColloquyError `invalid-argument`; `unsupported` for a store of a newer version
 * @example
 * const context = await model.createContext({ sequences: 8 });
 * const server = createServer({ context, storePath: "chats.sqlite" });
 * const { url } = await server.listen({ port: 8080 });
 */
export function createServer(options: ServerOptions): ColloquyServer {
  return new ColloquyServer(options);
}

function checkOptions(options: ServerOptions): void {
  if (typeof options?.context?.getSequence !== "function") {
    throw new InvalidArgumentError("createServer() needs a context", { hint: "await model.createContext()" });
  }
  const { sequences, systemPrompt } = options;
  if (systemPrompt !== undefined && typeof systemPrompt !== "string") {
    throw new InvalidArgumentError("systemPrompt must be a text");
  }
  if (sequences !== undefined && !(Number.isInteger(sequences) && sequences >= 1)) {
    throw new InvalidArgumentError("sequences must be an integer of at least 1");
  }
  checkFunctions(options.functions);
}

function accessOf({ apiKey, corsOrigins = [] }: ServerOptions): AccessRules {
  const apiKeys = apiKey === undefined ? [] : typeof apiKey === "string" ? [apiKey] : [...apiKey];
  if (apiKeys.some((key) => typeof key !== "string" || !/^\S+$/.test(key))) {
    throw new InvalidArgumentError("An API key must be a text without spaces");
  }
  for (const origin of corsOrigins) {
    if (!URL.canParse(origin) || new URL(origin).origin !== origin) {
      throw new InvalidArgumentError(`"${origin}" is no origin, such as https://chat.example`);
    }
  }
  return { apiKeys, corsOrigins };
}

function takeSequences({ context, sequences = context.sequencesLeft }: ServerOptions): ContextSequence[] {
  if (context.sequencesLeft < Math.max(1, sequences)) {
    throw new InvalidArgumentError(`The context has ${context.sequencesLeft} sequences left`, {
      hint: "create it with more sequences",
    });
  }
  return Array.from({ length: sequences }, () => context.getSequence());
}

function modelName({ filename, metadata }: LanguageModel): string {
  const name = metadata["general.name"];
  if (filename !== undefined) return basename(filename, ".gguf");
  return typeof name === "string" && name !== "" ? name : "model";
}
