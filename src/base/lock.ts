/** Runs tasks one after the other, in the order in which they asked. */
export class Lock {
  #tail: Promise<void> = Promise.resolve();
  #waiting = 0;

  /** How many hold or wait for the lock. */
  get waiting(): number {
    return this.#waiting;
  }

  /** Resolves with the function that releases the lock; calling it twice does nothing more. */
  async acquire(): Promise<() => void> {
    let release: () => void = () => {};
    const next = new Promise<void>((resolve) => {
      release = resolve;
    });
    const previous = this.#tail;
    this.#tail = previous.then(() => next);
    this.#waiting++;
    await previous;
    let released = false;
    return () => {
      if (released) return;
      released = true;
      this.#waiting--;
      release();
    };
  }

  async run<T>(task: () => Promise<T> | T): Promise<T> {
    const release = await this.acquire();
    try {
      return await task();
    } finally {
      release();
    }
  }
}
