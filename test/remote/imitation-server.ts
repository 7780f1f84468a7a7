import { createServer, type IncomingHttpHeaders, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";

export interface ImitatedRequest {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  // biome-ignore lint/suspicious/noExplicitAny: the tests look into bodies of several shapes
  readonly body: any;
}

export type Answer = (request: ImitatedRequest, response: ServerResponse) => void | Promise<void>;

/** An HTTP server that answers as a test says and remembers what it was asked. */
export class ImitationServer {
  readonly requests: ImitatedRequest[] = [];
  answer: Answer;
  /** Connections that clients closed before the answer was complete. */
  leftEarly = 0;
  readonly #server = createServer((request, response) => {
    let text = "";
    request.on("data", (part) => {
      text += String(part);
    });
    request.on("end", () => {
      const body = text === "" ? undefined : JSON.parse(text);
      const seen = { path: request.url!, headers: request.headers, body };
      this.requests.push(seen);
      response.on("close", () => {
        if (!response.writableEnded) this.leftEarly++;
      });
      Promise.resolve(this.answer(seen, response)).catch(() => response.destroy());
    });
  });

  constructor(answer: Answer) {
    this.answer = answer;
  }

  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, "127.0.0.1", resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }
}

export function sendJson(response: ServerResponse, value: unknown, status = 200): void {
  response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
}

/** Sends events; without `end` the connection is cut behind them. */
export function sendEvents(response: ServerResponse, events: readonly unknown[], end = true): void {
  response.writeHead(200, { "content-type": "text/event-stream" });
  for (const event of events) response.write(`data: ${JSON.stringify(event)}\n\n`);
  if (end) response.end("data: [DONE]\n\n");
  else response.end();
}
