import { allocate, type NativeBlock } from "../../native/memory.ts";
import type { BatchStruct } from "../../native/structs.ts";

/**
 * A `llama_batch` in one block of native memory that is allocated once and filled through typed arrays.
 * Every token belongs to exactly one sequence.
 */
export class NativeBatch {
  readonly capacity: number;
  readonly #block: NativeBlock;
  readonly #tokens: Int32Array;
  readonly #positions: Int32Array;
  readonly #sequences: Int32Array;
  readonly #outputs: Int8Array;
  readonly #struct: BatchStruct;
  #count = 0;

  constructor(capacity: number) {
    this.capacity = capacity;
    // Pointers first: they need 8-byte alignment. llama.cpp wants one pointer more than tokens, NULL at the end.
    const pointerBytes = 8 * (capacity + 1);
    this.#block = allocate(pointerBytes + 4 * 4 * capacity + capacity);
    const { pointer, buffer } = this.#block;
    const section = (index: number) => pointerBytes + index * 4 * capacity;
    this.#tokens = new Int32Array(buffer, section(0), capacity);
    this.#positions = new Int32Array(buffer, section(1), capacity);
    new Int32Array(buffer, section(2), capacity).fill(1);
    this.#sequences = new Int32Array(buffer, section(3), capacity);
    this.#outputs = new Int8Array(buffer, section(4), capacity);
    const pointers = new BigInt64Array(buffer, 0, capacity + 1);
    for (let index = 0; index < capacity; index++) pointers[index] = pointer + BigInt(section(3) + 4 * index);
    this.#struct = {
      n_tokens: 0,
      token: pointer + BigInt(section(0)),
      embd: null,
      pos: pointer + BigInt(section(1)),
      n_seq_id: pointer + BigInt(section(2)),
      seq_id: pointer,
      logits: pointer + BigInt(section(4)),
    };
  }

  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
  }

  /** Adds a token and returns its index in the batch. */
  add(token: number, position: number, sequence: number, output: boolean): number {
    const index = this.#count++;
    this.#tokens[index] = token;
    this.#positions[index] = position;
    this.#sequences[index] = sequence;
    this.#outputs[index] = output ? 1 : 0;
    return index;
  }

  /** The struct to pass by value. */
  struct(): BatchStruct {
    this.#struct.n_tokens = this.#count;
    return this.#struct;
  }

  free(): void {
    this.#block.free();
  }
}
