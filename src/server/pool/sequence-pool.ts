import { type ColloquyError, DisposedError } from "../../base/errors.ts";
import type { ContextSequence } from "../../engine/context-sequence.ts";
import { chooseSequence } from "./choose-sequence.ts";
import { queueFull } from "./queue-full.ts";

/** The right to use one sequence, until it is released. */
export interface Lease {
  readonly sequence: ContextSequence;
  release(): void;
}

export interface AcquireOptions {
  /** The prompt, to choose by; called only when there is a choice. */
  target(): readonly number[];
  /** Who asks, remembered with the sequence. Default: nobody. */
  owner?: string;
  /** Take the sequence that `owner` had last if nobody had it since, whatever else holds. Default `false`. */
  prefersOwn?: boolean;
  signal?: AbortSignal;
  /** Called when somebody waits for a sequence: this user should release its own soon. */
  onWanted?: () => void;
}

export interface SequencePoolOptions {
  readonly queueLength: number;
  readonly queueMs: number;
}

interface Slot {
  readonly sequence: ContextSequence;
  lastUse: number;
  owner: string | undefined;
  onWanted: (() => void) | undefined;
}

interface Waiter {
  readonly options: AcquireOptions;
  readonly give: (lease: Lease) => void;
}

/** Lends the sequences of a context to requests: first come, first served, with a bounded queue. */
export class SequencePool {
  readonly size: number;
  readonly #idle: Slot[];
  readonly #busy = new Set<Slot>();
  readonly #waiting = new Set<Waiter>();
  readonly #options: SequencePoolOptions;
  readonly #onRelease: (() => void)[] = [];
  #uses = 0;
  #closed = false;
  /** Of recent leases, milliseconds: for `Retry-After`. */
  #averageMs = 1000;

  constructor(sequences: readonly ContextSequence[], options: SequencePoolOptions) {
    this.size = sequences.length;
    this.#options = options;
    this.#idle = sequences.map((sequence) => ({
      sequence,
      lastUse: 0,
      owner: undefined,
      onWanted: undefined,
    }));
  }

  get busy(): number {
    return this.#busy.size;
  }

  get waiting(): number {
    return this.#waiting.size;
  }

  /** A sequence if one is free now. */
  tryAcquire(options: AcquireOptions): Lease | undefined {
    if (this.#closed || this.#idle.length === 0 || this.#waiting.size > 0) return undefined;
    return this.#lend(options);
  }

  /**
   * A sequence, as soon as one is free.
   * @throws ColloquyError `queue-full` when too many wait, or the wait takes too long; `disposed`; the signal's reason
   */
  async acquire(options: AcquireOptions): Promise<Lease> {
    options.signal?.throwIfAborted();
    if (this.#closed) throw new DisposedError("The server");
    const free = this.tryAcquire(options);
    if (free !== undefined) return free;
    if (this.#waiting.size >= this.#options.queueLength) throw this.#full();
    for (const slot of this.#busy) slot.onWanted?.();
    return this.#wait(options);
  }

  /** Refuses those who come. Those who wait have signals of their own. */
  close(): void {
    this.#closed = true;
  }

  /** Resolves when no sequence is lent. */
  async idle(): Promise<void> {
    while (this.#busy.size > 0) {
      await new Promise<void>((resolve) => this.#onRelease.push(resolve));
    }
  }

  #wait(options: AcquireOptions): Promise<Lease> {
    const { signal } = options;
    return new Promise<Lease>((resolve, reject) => {
      const leave = () => {
        clearTimeout(timer);
        signal?.removeEventListener("abort", onAbort);
        this.#waiting.delete(waiter);
      };
      const onAbort = () => {
        leave();
        reject(signal?.reason);
      };
      const waiter: Waiter = {
        options,
        give: (lease) => {
          leave();
          resolve(lease);
        },
      };
      const timer = setTimeout(() => {
        leave();
        reject(this.#full());
      }, this.#options.queueMs);
      this.#waiting.add(waiter);
      signal?.addEventListener("abort", onAbort, { once: true });
    });
  }

  #lend(options: AcquireOptions): Lease {
    const { onWanted, owner } = options;
    const index = this.#choose(options);
    const slot = this.#idle[index]!;
    this.#idle.splice(index, 1);
    this.#busy.add(slot);
    slot.lastUse = ++this.#uses;
    slot.owner = owner;
    slot.onWanted = onWanted;
    const start = performance.now();
    let isReleased = false;
    const release = () => {
      if (isReleased) return;
      isReleased = true;
      this.#averageMs += (performance.now() - start - this.#averageMs) / 8;
      slot.onWanted = undefined;
      this.#busy.delete(slot);
      this.#idle.push(slot);
      const [next] = this.#waiting;
      if (next !== undefined) this.#serve(next);
      for (const resolve of this.#onRelease.splice(0)) resolve();
    };
    return { sequence: slot.sequence, release };
  }

  #choose({ target, owner, prefersOwn = false }: AcquireOptions): number {
    const own = prefersOwn ? this.#idle.findIndex((slot) => slot.owner === owner) : -1;
    if (own !== -1 || this.#idle.length === 1) return Math.max(0, own);
    const candidates = this.#idle.map(({ sequence, lastUse }) => ({
      tokens: sequence.contextTokens,
      lastUse,
    }));
    return chooseSequence(candidates, target());
  }

  #serve(waiter: Waiter): void {
    this.#waiting.delete(waiter);
    waiter.give(this.#lend(waiter.options));
  }

  #full(): ColloquyError {
    const rounds = (this.#waiting.size + this.#busy.size) / Math.max(1, this.size);
    return queueFull(rounds * this.#averageMs);
  }
}
