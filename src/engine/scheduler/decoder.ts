import { ColloquyError } from "../../base/errors.ts";
import type { NativeFunctions } from "../../native/declarations.ts";
import { allocate, type NativeBlock, viewMemory } from "../../native/memory.ts";
import type { Native } from "../../native/native.ts";
import type { Pointer } from "../../native/structs.ts";
import type { NativeThreadPool } from "../../native/thread-pool.ts";
import { NativeBatch } from "./native-batch.ts";

/** What one decode call came to. */
export type DecodeResult = "done" | "no-room" | "aborted";

/** Runs the scheduler's batches: the one thing that the scheduler needs of a native context. A fake one drives its tests. */
export interface BatchDecoder {
  /** Tokens one call can take. */
  readonly batchSize: number;
  begin(): void;
  /** Adds a token to the batch being built; with `output`, its logits can be read afterwards by the returned index. */
  add(token: number, position: number, sequence: number, output: boolean): number;
  decode(): Promise<DecodeResult>;
  /** Makes a running {@link decode} return `"aborted"` within about a millisecond. */
  abort(): void;
  /** A view on the logits of the token at `index` of the last batch; valid until the next decode. */
  logits(index: number): Float32Array;
  /** The highest position that a sequence holds, -1 when it is empty. */
  lastPosition(sequence: number): number;
  setThreads(count: number): void;
}

/** {@link BatchDecoder} on a `llama_context`. */
export class NativeDecoder implements BatchDecoder {
  readonly batchSize: number;
  readonly #native: Native;
  readonly #functions: NativeFunctions;
  readonly #context: Pointer;
  readonly #memory: Pointer | null;
  readonly #batch: NativeBatch;
  readonly #flag: NativeBlock;
  readonly #flagByte: Uint8Array;
  readonly #vocabularySize: number;
  readonly #pool: NativeThreadPool | undefined;
  #poolAttached = false;
  #logitsBase: Pointer = 0n;
  #logitsView = new Float32Array(0);

  /** @param pool threads for decodes that use more than one; the decoder frees it */
  constructor(
    native: Native,
    context: Pointer,
    batchSize: number,
    vocabularySize: number,
    pool?: NativeThreadPool,
  ) {
    this.#native = native;
    this.#functions = native.functions;
    this.#context = context;
    this.batchSize = batchSize;
    this.#vocabularySize = vocabularySize;
    this.#pool = pool;
    this.#memory = this.#functions.llama_get_memory(context);
    this.#batch = new NativeBatch(batchSize);
    // llama.cpp asks for every graph node, from native threads, whether to go on. `strlen` of this block is that answer:
    // 0 while the first byte is 0, and no JavaScript runs.
    this.#flag = allocate(16);
    this.#flagByte = new Uint8Array(this.#flag.buffer, 0, 1);
    this.#functions.llama_set_abort_callback(context, native.flagReader, this.#flag.pointer);
  }

  begin(): void {
    this.#batch.clear();
  }

  add(token: number, position: number, sequence: number, output: boolean): number {
    return this.#batch.add(token, position, sequence, output);
  }

  /** Takes an abort that came after the end of a decode back. */
  allowDecoding(): void {
    this.#flagByte[0] = 0;
  }

  async decode(): Promise<DecodeResult> {
    this.allowDecoding();
    const code = await this.#functions.llama_decode.async(this.#context, this.#batch.struct());
    if (code === 0) return "done";
    if (code === 1) return "no-room";
    if (code === 2) return "aborted";
    throw new ColloquyError("native-failure", `llama_decode failed with code ${code}`, {
      cause: this.#native.log.takeRecent() || undefined,
    });
  }

  abort(): void {
    this.#flagByte[0] = 1;
  }

  logits(index: number): Float32Array {
    const base = this.#functions.llama_get_logits(this.#context);
    const row = this.#functions.llama_get_logits_ith(this.#context, index);
    if (base === null || row === null)
      throw new ColloquyError("native-failure", `There are no logits at index ${index}`);
    const start = Number(row - base) / 4;
    const end = start + this.#vocabularySize;
    // Making a view costs more than sampling from it, and the block stays where it is until llama.cpp enlarges it.
    if (base !== this.#logitsBase || end > this.#logitsView.length) {
      this.#logitsBase = base;
      this.#logitsView = new Float32Array(viewMemory(base, 4 * end));
    }
    return this.#logitsView.subarray(start, end);
  }

  lastPosition(sequence: number): number {
    return this.#memory === null ? -1 : this.#functions.llama_memory_seq_pos_max(this.#memory, sequence);
  }

  setThreads(count: number): void {
    this.#functions.llama_set_n_threads(this.#context, count, count);
    // A pool wakes all its threads for every graph, and those without a part spin for a while. One thread needs none.
    const attach = count > 1 && this.#pool !== undefined;
    if (attach === this.#poolAttached) return;
    this.#poolAttached = attach;
    if (attach)
      this.#functions.llama_attach_threadpool(this.#context, this.#pool.pointer, this.#pool.pointer);
    else this.#functions.llama_detach_threadpool(this.#context);
  }

  /** When the native context is gone: it refers to these. */
  free(): void {
    this.#pool?.free();
    this.#batch.free();
    this.#flag.free();
  }
}
