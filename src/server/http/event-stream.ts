import { ColloquyError } from "../../base/errors.ts";

/** A comment is sent this often, so that proxies keep a silent stream open. */
const keepAliveMs = 15_000;

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
  #waiting: Uint8Array[] = [];
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
  }

  #write(text: string): void {
    if (this.#ended || this.#gone.signal.aborted) return;
    const bytes = new TextEncoder().encode(text);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.byteLength;
    this.#begin();
    if (this.#waitingBytes > this.#bufferBytes) this.#leave("The client reads too slowly");
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
      const chunk = this.#waiting.length === 1 ? this.#waiting[0]! : Buffer.concat(this.#waiting);
      this.#waiting = [];
      this.#waitingBytes = 0;
      controller.enqueue(new Uint8Array(chunk));
    } else controller.close();
  }

  #leave(why: string): void {
    clearInterval(this.#keepAlive);
    this.#waiting = [];
    this.#waitingBytes = 0;
    this.#gone.abort(new ColloquyError("aborted", why));
    this.#wake?.();
  }
}
