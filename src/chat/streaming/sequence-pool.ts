import { linkedAbort } from "../../base/linked-abort.ts";
import type { ContextSequence } from "../../engine/context-sequence.ts";

/** A sequence that is lent until `release` is called. */
export interface LentSequence {
  readonly sequence: ContextSequence;
  release(): void;
}

/** Where a cache gets its sequence from. */
export interface SequenceSource {
  /** The sequence that `holder` has now, if it has one. */
  current(holder: object): ContextSequence | undefined;
  /** Rejects with the signal's reason when it is aborted while nothing is free. */
  lend(holder: object, signal: AbortSignal): Promise<LentSequence>;
}

/** The part of a context that a pool needs. */
export interface SequenceMaker {
  readonly sequencesLeft: number;
  getSequence(): ContextSequence;
}

/** A sequence that is there already, for every holder. */
export function fixedSource(sequence: ContextSequence): SequenceSource {
  return { current: () => sequence, lend: async () => ({ sequence, release: () => {} }) };
}

/**
 * Any number of holders on a context's few sequences. When all are taken, the holder that has not been used for the
 * longest time loses its own: its tokens are then evaluated again, or come out of the prefix cache.
 */
export class SequencePool implements SequenceSource {
  readonly #context: SequenceMaker;
  /** Least recently used first. */
  readonly #taken = new Map<object, { readonly sequence: ContextSequence; users: number }>();
  #waiting: (() => void)[] = [];

  constructor(context: SequenceMaker) {
    this.#context = context;
  }

  current(holder: object): ContextSequence | undefined {
    return this.#taken.get(holder)?.sequence;
  }

  async lend(holder: object, signal: AbortSignal): Promise<LentSequence> {
    for (;;) {
      signal.throwIfAborted();
      const own = this.#taken.get(holder);
      if (own !== undefined) return this.#use(holder, own);
      const idle = [...this.#taken].find(([, { users }]) => users === 0);
      if (this.#context.sequencesLeft > 0 || this.#taken.size === 0) {
        this.#taken.set(holder, { sequence: this.#context.getSequence(), users: 0 });
      } else if (idle !== undefined) {
        this.#taken.delete(idle[0]);
        await idle[1].sequence.dispose();
        this.#wakeAll();
      } else await this.#change(signal);
    }
  }

  /** Takes a holder's sequence back, once nobody uses it. */
  async drop(holder: object): Promise<void> {
    const own = this.#taken.get(holder);
    if (own === undefined) return;
    this.#taken.delete(holder);
    await own.sequence.dispose();
    this.#wakeAll();
  }

  #use(holder: object, own: { readonly sequence: ContextSequence; users: number }): LentSequence {
    own.users++;
    this.#taken.delete(holder);
    this.#taken.set(holder, own);
    let isReleased = false;
    return {
      sequence: own.sequence,
      release: () => {
        if (isReleased) return;
        isReleased = true;
        own.users--;
        this.#wakeAll();
      },
    };
  }

  #change(signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const abort = linkedAbort(signal);
      const wake = () => {
        abort.unlink();
        resolve();
      };
      abort.signal.addEventListener("abort", wake, { once: true });
      this.#waiting.push(wake);
    });
  }

  #wakeAll(): void {
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const wake of waiting) wake();
  }
}
