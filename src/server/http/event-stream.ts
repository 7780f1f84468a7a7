import { ColloquyError } from "../../base/errors.ts";

/** A comment is sent this often, so that proxies keep a silent stream open. */
const keepAliveMs = 15_000;

/** Where events go without a detour over a web stream; a `ServerResponse` is one. */
export interface EventSink {
  /** Bytes that were written and not taken yet. */
  readonly writableLength: number;
  write(text: string): unknown;
  end(): unknown;
  destroy(): unknown;
  once(event: "close", listener: () => void): unknown;
}

const streams = new WeakMap<Response, EventStream>();

/** The stream whose response this is. */
export function eventStreamOf(response: Response): EventStream | undefined {
  return streams.get(response);
}

/**
 * A stream of server-sent events. Writing never waits for the reader: what it has not read is kept up to a bound and
 * handed over in one piece; beyond the bound the stream is broken off and `signal` is aborted.
 *
 * Format: https://html.spec.whatwg.org/multipage/server-sent-events.html
 */
export class EventStream {
  readonly response: Response;
  readonly #gone = new AbortController();
  readonly #bufferBytes: number;
  readonly #keepAlive: NodeJS.Timeout;
  #sink: EventSink | undefined;
  #waiting: string[] = [];
  #waitingBytes = 0;
  #ended = false;
  #wake: (() => void) | undefined;
  #begin = () => {};
  /** Resolves with the first event, or with the end. */
  readonly begun = new Promise<void>((resolve) => {
    this.#begin = resolve;
  });

  constructor(bufferBytes: number) {
    this.#bufferBytes = bufferBytes;
    const body = new ReadableStream<Uint8Array>(
      { pull: (controller) => this.#pull(controller), cancel: () => this.#leave("The client went away") },
      { highWaterMark: 0 },
    );
    this.response = new Response(body, {
      headers: {
        "content-type": "text/event-stream; charset=utf-8",
        // Not "no-store": Chromium then counts a stream that ends as a request that failed.
        "cache-control": "no-cache",
        "x-accel-buffering": "no",
      },
    });
    streams.set(this.response, this);
    this.#keepAlive = setInterval(() => this.#write(": keep-alive\n\n"), keepAliveMs).unref();
  }

  /** Aborted when nobody reads the stream any more. */
  get signal(): AbortSignal {
    return this.#gone.signal;
  }

  /** Sends JSON, with an event name or without. */
  send(data: unknown, event?: string): void {
    const name = event === undefined ? "" : `event: ${event}\n`;
    this.#write(`${name}data: ${JSON.stringify(data)}\n\n`);
  }

  /** Sends a text that is no JSON, such as OpenAI's `[DONE]`. */
  sendRaw(data: string): void {
    this.#write(`data: ${data}\n\n`);
  }

  end(): void {
    this.#ended = true;
    this.#begin();
    clearInterval(this.#keepAlive);
    this.#wake?.();
    this.#sink?.end();
  }

  /** Hands all events over to a sink, in place of the response's body. An event costs one write then. */
  sendTo(sink: EventSink): void {
    this.#sink = sink;
    sink.once("close", () => {
      if (!this.#ended) this.#leave("The client went away");
    });
    if (this.#gone.signal.aborted) sink.destroy();
    else if (this.#waiting.length > 0) sink.write(this.#takeWaiting());
    if (this.#ended) sink.end();
  }

  #write(text: string): void {
    if (this.#ended || this.#gone.signal.aborted) return;
    this.#begin();
    if (this.#sink === undefined) {
      this.#waiting.push(text);
      this.#waitingBytes += Buffer.byteLength(text);
    } else this.#sink.write(text);
    const unread = this.#sink?.writableLength ?? this.#waitingBytes;
    if (unread > this.#bufferBytes) this.#leave("The client reads too slowly");
    this.#wake?.();
  }

  async #pull(controller: ReadableStreamDefaultController<Uint8Array>): Promise<void> {
    while (this.#waiting.length === 0 && !this.#ended && !this.#gone.signal.aborted) {
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
    this.#wake = undefined;
    if (this.#gone.signal.aborted) {
      controller.error(this.#gone.signal.reason);
      return;
    }
    if (this.#waiting.length > 0) {
      controller.enqueue(new TextEncoder().encode(this.#takeWaiting()));
    } else controller.close();
  }

  #takeWaiting(): string {
    const text = this.#waiting.join("");
    this.#waiting = [];
    this.#waitingBytes = 0;
    return text;
  }

  #leave(why: string): void {
    clearInterval(this.#keepAlive);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#gone.abort(new ColloquyError("aborted", why));
    this.#wake?.();
    this.#sink?.destroy();
  }
}
