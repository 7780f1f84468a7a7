import { MessageChannel, type MessagePort, receiveMessageOnPort, Worker } from "node:worker_threads";
import { ColloquyError } from "../../base/errors.ts";
import { TransportError } from "./transport-error.ts";

/** What the thread runs. A text, because a bundle has no file of its own for it. */
const program = `
const { workerData } = require("node:worker_threads");
const { port, state } = workerData;
const flag = new Int32Array(state);
port.on("message", async ({ url, headers, body }) => {
  let answer;
  try {
    const response = await fetch(url, { method: "POST", headers, body });
    answer = { status: response.status, text: await response.text() };
  } catch (error) {
    answer = { error: String(error?.cause ?? error) };
  }
  port.postMessage(answer);
  Atomics.store(flag, 0, 1);
  Atomics.notify(flag, 0);
});
`;

interface Thread {
  readonly worker: Worker;
  readonly port: MessagePort;
  readonly flag: Int32Array;
}

export interface BlockingCall {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

interface Answer {
  readonly status?: number;
  readonly text?: string;
  readonly error?: string;
}

/**
 * HTTP requests whose answer is waited for without a turn of the event loop: a thread sends them, and this one sleeps
 * until it is told. For the one thing that callers need at once, the tokens of a text.
 */
export class BlockingHttp {
  readonly #timeoutMs: number;
  #thread: Thread | undefined;

  /** @param timeoutMs how long the process may stand still for one request */
  constructor(timeoutMs: number) {
    this.#timeoutMs = timeoutMs;
  }

  /** @throws TransportError, ColloquyError `unsupported` for a refused request */
  post(call: BlockingCall): unknown {
    this.#thread ??= startThread();
    const { flag, port } = this.#thread;
    Atomics.store(flag, 0, 0);
    port.postMessage(call);
    if (Atomics.wait(flag, 0, 0, this.#timeoutMs) === "timed-out") {
      // Its answer could come when the next one is waited for.
      this.close();
      throw new TransportError(`${call.url} did not answer within ${this.#timeoutMs} ms`);
    }
    const { error, status, text = "" } = receiveMessageOnPort(port)!.message as Answer;
    if (error !== undefined) throw new TransportError(`${call.url} cannot be reached: ${error}`);
    if (status !== 200) {
      const message = `${call.url} answered ${status}: ${text.slice(0, 1000)}`;
      throw status! >= 500 ? new TransportError(message) : new ColloquyError("unsupported", message);
    }
    return JSON.parse(text);
  }

  close(): void {
    this.#thread?.port.close();
    void this.#thread?.worker.terminate();
    this.#thread = undefined;
  }
}

function startThread(): Thread {
  const { port1, port2 } = new MessageChannel();
  const state = new SharedArrayBuffer(4);
  const worker = new Worker(program, {
    eval: true,
    workerData: { port: port2, state },
    transferList: [port2],
  });
  // A process that has nothing else to do ends.
  worker.unref();
  return { worker, port: port1, flag: new Int32Array(state) };
}
