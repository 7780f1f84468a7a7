import { queueFull } from "./queue-full.ts";

/** Lets requests do something one after the other, with a bound on how many wait for their turn. */
export class Turns {
  readonly #waitingMax: number;
  #last: Promise<unknown> = Promise.resolve();
  #count = 0;
  /** Of recent turns, milliseconds. */
  #averageMs = 1000;

  constructor(waitingMax: number) {
    this.#waitingMax = waitingMax;
  }

  /**
   * Runs `work` when it is its turn. Whoever goes away before is passed over.
   * @throws RequestError `queue-full`; the signal's reason; what `work` throws
   */
  async run<Result>(signal: AbortSignal, work: () => Promise<Result>): Promise<Result> {
    if (this.#count > this.#waitingMax) throw queueFull(this.#count * this.#averageMs);
    this.#count++;
    const turn = this.#last.then(async () => {
      signal.throwIfAborted();
      const start = performance.now();
      const result = await work();
      this.#averageMs += (performance.now() - start - this.#averageMs) / 8;
      return result;
    });
    const ended = () => {
      this.#count--;
    };
    this.#last = turn.then(ended, ended);
    return turn;
  }
}
