import { partialState, readNativeState, writeNativeState } from "../state/native-state.ts";
import type { HeldSequence, SequenceStore } from "./sequence-store.ts";

/** A copy of what a memory cannot cut, taken when the sequence held `length` tokens. */
interface Checkpoint {
  readonly length: number;
  readonly bytes: Uint8Array;
}

/** Checkpoints kept for a sequence at most; the oldest goes. */
const checkpointsMax = 16;
/** Bytes of all checkpoints of a sequence at most. */
const checkpointBytesMax = 256 * 2 ** 20;

/**
 * Recurrent states, and window caches that are not full size, cannot be cut at an arbitrary token. Their sequences keep
 * copies from the ends of prompts; an edit goes back to the nearest one and evaluates from there.
 */
export class Checkpoints {
  #list: Checkpoint[] = [];

  get bytes(): number {
    return this.#list.reduce((sum, { bytes }) => sum + bytes.length, 0);
  }
  get lengths(): number[] {
    return this.#list.map(({ length }) => length);
  }

  /** Copies the state out. Only inside `scheduler.exclusive`. */
  async take(store: SequenceStore, held: HeldSequence): Promise<void> {
    const { functions, context } = store.setup;
    const { length } = held.ledger;
    if (length === 0 || this.#list.some((checkpoint) => checkpoint.length === length)) return;
    const bytes = await readNativeState(functions, context, held.id, partialState);
    this.#list.push({ length, bytes });
    this.#list.sort((a, b) => a.length - b.length);
    while (this.#list.length > checkpointsMax || (this.#list.length > 1 && this.bytes > checkpointBytesMax))
      this.#list.shift();
  }

  /**
   * Goes back to the longest checkpoint of at most `lengthMax` tokens, or to nothing.
   * Only inside `scheduler.exclusive`.
   */
  async goBack(store: SequenceStore, held: HeldSequence, lengthMax: number): Promise<void> {
    const { functions, context, memory } = store.setup;
    const checkpoint = this.#list.filter(({ length }) => length <= lengthMax).at(-1);
    this.#list = this.#list.filter(({ length }) => length <= lengthMax);
    if (checkpoint !== undefined) {
      const written = await writeNativeState(functions, context, held.id, checkpoint.bytes, partialState);
      if (written && functions.llama_memory_seq_rm(memory, held.id, checkpoint.length, -1)) {
        held.ledger.truncate(checkpoint.length);
        return;
      }
    }
    this.clear();
    store.remove(held, 0);
  }

  clear(): void {
    this.#list = [];
  }
}
