import { InvalidArgumentError, UnsupportedError } from "../base/errors.ts";

/** A distributed engine that evaluates in place of llama.cpp in this process. */
export interface RemoteEngineOptions {
  /** Which HTTP interface it has: llama.cpp's own server, or vLLM. */
  type: "llama-server" | "vllm";
  /** Where it, or the router in front of several of them, listens: `"http://host:8080"`. */
  url: string;
  /**
   * The addresses of the workers behind a router. Each is probed when a model is loaded. Default: none; a session's worker
   * is then known by its tokenizer alone, which is compared with the session's first request and after a broken one.
   */
  workers?: readonly string[];
  /** Sent as a bearer token. Default: none. */
  apiKey?: string;
  /** Sent with every request. Default: none. */
  headers?: Readonly<Record<string, string>>;
  /** Header that carries a key which is constant through a conversation, for routers. Default `"x-session-id"`. */
  sessionHeader?: string;
  /** How often a request is sent again after the way to the engine broke. Default 5. */
  retries?: number;
  /** Waiting time before the first repetition, milliseconds; it doubles with each, up to 5 seconds. Default 100. */
  retryDelayMs?: number;
}

const names: ReadonlySet<string> = new Set([
  "type",
  "url",
  "workers",
  "apiKey",
  "headers",
  "sessionHeader",
  "retries",
  "retryDelayMs",
]);
const retriesMax = 100;
const workersMax = 1000;

const isAddress = (url: unknown) => typeof url === "string" && /^https?:\/\/./.test(url) && URL.canParse(url);

/** @throws InvalidArgumentError naming the option */
export function checkRemoteOptions(options: RemoteEngineOptions): void {
  if (options === null || typeof options !== "object")
    throw new InvalidArgumentError("engine must be an object: {type, url, …}");
  for (const name of Object.keys(options))
    if (!names.has(name)) throw new InvalidArgumentError(`engine.${name} is no option`);
  const { apiKey, headers, retries, retryDelayMs, sessionHeader, type, url, workers } = options;
  if (type !== "llama-server" && type !== "vllm")
    throw new InvalidArgumentError(`engine.type must be "llama-server" or "vllm", not ${String(type)}`);
  if (!isAddress(url))
    throw new InvalidArgumentError("engine.url must be an address that begins with http:// or https://");
  if (
    workers !== undefined &&
    !(Array.isArray(workers) && workers.length <= workersMax && workers.every(isAddress))
  )
    throw new InvalidArgumentError(`engine.workers must be a list of at most ${workersMax} such addresses`);
  if (apiKey !== undefined && typeof apiKey !== "string")
    throw new InvalidArgumentError("engine.apiKey must be a string");
  if (headers !== undefined && (headers === null || typeof headers !== "object"))
    throw new InvalidArgumentError("engine.headers must be an object");
  if (sessionHeader !== undefined && !/^[\w-]+$/.test(sessionHeader))
    throw new InvalidArgumentError("engine.sessionHeader must be the name of a header");
  if (retries !== undefined && !(Number.isInteger(retries) && retries >= 0 && retries <= retriesMax))
    throw new InvalidArgumentError(`engine.retries must be an integer from 0 to ${retriesMax}`);
  if (retryDelayMs !== undefined && !(Number.isFinite(retryDelayMs) && retryDelayMs >= 0))
    throw new InvalidArgumentError("engine.retryDelayMs must be 0 or more");
}

/** @throws UnsupportedError naming an option that is set and that only an engine in this process has */
export function refuseOthers(options: object, offered: readonly string[], call: string): void {
  for (const [name, value] of Object.entries(options))
    if (value !== undefined && !offered.includes(name))
      throw new UnsupportedError(`${name}: ${call} with an engine elsewhere takes ${offered.join(", ")}`);
}
