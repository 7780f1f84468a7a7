import { DisposedError } from "./errors.ts";

type Disposer = () => void | Promise<void>;

/**
 * The end of an object's life: runs what was registered, last registered first, once.
 * Children register with their parent, so that disposing a parent first is safe: it takes them along.
 */
export class DisposeScope {
  readonly #what: string;
  readonly #disposers = new Set<Disposer>();
  readonly #listeners = new Set<() => void>();
  #disposed = false;
  #done: Promise<void> | undefined;

  constructor(what: string) {
    this.#what = what;
  }

  get disposed(): boolean {
    return this.#disposed;
  }

  /** @throws DisposedError after `dispose()` */
  check(): void {
    if (this.disposed) throw new DisposedError(this.#what);
  }

  /** Registers a step of the disposal; the returned function takes it back. */
  add(disposer: Disposer): () => void {
    this.#disposers.add(disposer);
    return () => this.#disposers.delete(disposer);
  }

  /** Registers a listener that is told when everything is given back. */
  onDispose(listener: () => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  dispose(): Promise<void> {
    // Before the first step runs: a step that comes back here must find it.
    this.#disposed = true;
    this.#done ??= Promise.resolve().then(() => this.#run());
    return this.#done;
  }

  async #run(): Promise<void> {
    const steps = [...this.#disposers].reverse();
    this.#disposers.clear();
    const failures: unknown[] = [];
    for (const step of steps) {
      try {
        await step();
      } catch (error) {
        failures.push(error);
      }
    }
    for (const listener of [...this.#listeners]) {
      try {
        listener();
      } catch (error) {
        failures.push(error);
      }
    }
    this.#listeners.clear();
    if (failures.length > 0) throw failures[0];
  }
}
