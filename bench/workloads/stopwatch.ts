import { PerformanceObserver } from "node:perf_hooks";

/** What one piece of work took. */
export interface Sample {
  readonly where: string;
  /** When it began, by the clock of `performance.now()`. */
  readonly at: number;
  readonly wallUs: number;
  /**
   * The lesser of wall clock and processor time of the process: at most what it would have taken on an idle machine, as
   * far as other processes do not slow the processor down. Threads that compile or collect beside it count.
   */
  readonly busyUs: number;
  /** Pauses of garbage collection within it. */
  gcUs: number;
}

/** Times pieces of work one after another. */
export class Stopwatch {
  readonly #pauses: { readonly at: number; readonly ms: number }[] = [];
  readonly #observer: PerformanceObserver;

  constructor() {
    this.#observer = new PerformanceObserver((list) => {
      for (const entry of list.getEntries()) this.#pauses.push({ at: entry.startTime, ms: entry.duration });
    });
    this.#observer.observe({ entryTypes: ["gc"] });
  }

  /** Times from here to the call of what is returned. */
  start(where: string): () => Sample {
    const cpu = process.cpuUsage();
    const at = performance.now();
    return () => {
      const wallUs = (performance.now() - at) * 1000;
      const { user, system } = process.cpuUsage(cpu);
      return { where, at, wallUs, busyUs: Math.min(wallUs, user + system), gcUs: 0 };
    };
  }

  /** Adds the pauses of garbage collection to the samples that they fell into, and ends. */
  async finish(samples: readonly Sample[]): Promise<void> {
    // Pauses are told of later than they happen.
    await new Promise((resolve) => setTimeout(resolve, 50));
    this.#observer.disconnect();
    for (const sample of samples) {
      const end = sample.at + sample.wallUs / 1000;
      for (const { at, ms } of this.#pauses)
        if (at < end && at + ms > sample.at)
          sample.gcUs += 1000 * (Math.min(end, at + ms) - Math.max(sample.at, at));
    }
  }
}
