import { InvalidArgumentError } from "../../base/errors.ts";
import { partialState, readNativeState, writePartialState } from "../state/native-state.ts";
import type { HeldSequence, SequenceStore } from "./sequence-store.ts";

/** A copy of what a memory cannot cut, taken when the sequence held `length` tokens. */
interface Checkpoint {
  readonly length: number;
  readonly bytes: ArrayBuffer;
}

export interface CheckpointOptions {
  /** Checkpoints kept for a sequence at most; the oldest goes. Default 32. */
  max?: number;
  /** Bytes of all checkpoints of a sequence at most, but the last one stays; `null` for no bound. Default 256 MiB. */
  maxMemory?: number | null;
  /**
   * One is taken whenever so many more tokens of a prompt have been read, so that an abort in a long prompt loses no more
   * than that. Default 512; `false`: only at the ends of prompts.
   */
  interval?: number | false;
}

/**
 * Recurrent states, and window caches that are not full size, cannot be cut at an arbitrary token. Their sequences keep
 * copies from the ends of prompts; an edit goes back to the nearest one and evaluates from there.
 */
export class Checkpoints {
  /** Tokens of a prompt between two of them. */
  readonly interval: number;
  #list: Checkpoint[] = [];
  readonly #max: number;
  readonly #bytesMax: number;

  /** @throws InvalidArgumentError */
  constructor({ max = 32, maxMemory = 256 * 2 ** 20, interval = 512 }: CheckpointOptions = {}) {
    const bytesMax = maxMemory ?? Number.POSITIVE_INFINITY;
    const isCount = (value: unknown) => Number.isInteger(value) && (value as number) >= 1;
    if (!(isCount(max) && typeof bytesMax === "number" && bytesMax >= 0))
      throw new InvalidArgumentError("checkpoints takes {max: 1 or more, maxMemory: bytes or null}");
    if (interval !== false && !isCount(interval))
      throw new InvalidArgumentError("checkpoints takes {interval: tokens, 1 or more, or false}");
    this.#max = max;
    this.#bytesMax = bytesMax;
    this.interval = interval === false ? Number.POSITIVE_INFINITY : interval;
  }

  get bytes(): number {
    return this.#list.reduce((sum, { bytes }) => sum + bytes.byteLength, 0);
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
    while (this.#list.length > this.#max || (this.#list.length > 1 && this.bytes > this.#bytesMax))
      this.#list.shift();
  }

  /**
   * Goes back to the longest checkpoint of at most `lengthMax` tokens, or to nothing. Synchronous, so that nobody sees
   * the cells in between; only while nothing else is on the native context.
   */
  goBack(store: SequenceStore, held: HeldSequence, lengthMax: number): void {
    const { functions, context, memory } = store.setup;
    const checkpoint = this.#list.filter(({ length }) => length <= lengthMax).at(-1);
    this.#list = this.#list.filter(({ length }) => length <= lengthMax);
    if (checkpoint !== undefined) {
      const written = writePartialState(functions, context, held.id, checkpoint.bytes);
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
