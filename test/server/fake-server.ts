import type { GeneratedToken, GenerateFinish, GenerateOptions } from "../../src/engine/context-sequence.ts";
import type { Token } from "../../src/engine/token.ts";
import { type ColloquyServer, createServer, type ServerOptions } from "../../src/server/create-server.ts";
import { FakeModel } from "../fake/fake-model.ts";
import { FakeSequence, type FakeSequenceOptions, replies } from "../fake/fake-sequence.ts";

/** A fake sequence that reports log probabilities: -0.5 for each token, and letters as alternatives. */
export class LoudSequence extends FakeSequence {
  override async *generate(
    target: readonly Token[],
    options: GenerateOptions = {},
  ): AsyncGenerator<GeneratedToken, GenerateFinish, void> {
    const stream = super.generate(target, options);
    const { logprobs = 0 } = options;
    try {
      while (true) {
        const next = await stream.next();
        if (next.done) return next.value;
        if (logprobs === 0) yield next.value;
        else {
          const others = Array.from({ length: logprobs - 1 }, (_, i) => [(97 + i) as Token, -1 - i] as const);
          yield { ...next.value, logprobs: { token: -0.5, top: [[next.value.token, -0.5], ...others] } };
        }
      }
    } finally {
      await stream.return({ reason: "abort" });
    }
  }
}

export interface FakeServer {
  readonly server: ColloquyServer;
  readonly model: FakeModel;
  readonly sequences: LoudSequence[];
  get(path: string, headers?: Record<string, string>): Promise<Response>;
  post(path: string, body?: unknown, headers?: Record<string, string>): Promise<Response>;
  send(method: string, path: string, body?: unknown): Promise<Response>;
}

/** A server over sequences without weights. Default: two sequences that say "Hello there!". */
export function serveFake({
  count = 2,
  fake = {},
  ...options
}: { count?: number; fake?: FakeSequenceOptions } & Partial<ServerOptions> = {}): FakeServer {
  const model = new FakeModel();
  const sequences = Array.from(
    { length: count },
    () => new LoudSequence(model, { next: replies("Hello there!"), ...fake }),
  );
  let taken = 0;
  const context = {
    get sequencesLeft() {
      return count - taken;
    },
    getSequence: () => sequences[taken++]!,
  };
  const server = createServer({ context, ...options });
  const send = (method: string, path: string, body?: unknown, headers: Record<string, string> = {}) =>
    server.fetch(
      new Request(`http://localhost${path}`, {
        method,
        headers: { ...(body === undefined ? {} : { "content-type": "application/json" }), ...headers },
        body: body === undefined ? undefined : JSON.stringify(body),
      }),
    );
  return {
    server,
    model,
    sequences,
    get: (path, headers) => send("GET", path, undefined, headers),
    post: (path, body, headers) => send("POST", path, body, headers),
    send: (method, path, body) => send(method, path, body),
  };
}

export interface SentEvent {
  readonly name: string;
  // biome-ignore lint/suspicious/noExplicitAny: whatever the event holds
  readonly data: any;
}

/** All events of a response. */
export async function readEvents(response: Response): Promise<SentEvent[]> {
  return parseEvents(await response.text());
}

export function parseEvents(text: string): SentEvent[] {
  return text
    .split("\n\n")
    .filter((block) => block !== "" && !block.startsWith(":"))
    .map((block) => {
      const fields = new Map(
        block
          .split("\n")
          .map((line) => [line.slice(0, line.indexOf(": ")), line.slice(line.indexOf(": ") + 2)]),
      );
      const data = fields.get("data") ?? "";
      return { name: fields.get("event") ?? "", data: data === "[DONE]" ? data : JSON.parse(data) };
    });
}
