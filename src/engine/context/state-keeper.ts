import { ColloquyError } from "../../base/errors.ts";
import { commonPrefixLength } from "../ledger/longest-prefix.ts";
import { readNativeState, writeNativeState } from "../state/native-state.ts";
import { PrefixCache } from "../state/prefix-cache.ts";
import type { StateDirectory } from "../state/state-directory.ts";
import type { SequenceState } from "../state/state-file.ts";
import type { HeldSequence, SequenceStore } from "./sequence-store.ts";

/** A shorter beginning is evaluated faster than its state is kept and restored. */
const keptTokensMin = 64;

/** A living sequence is written again when it has grown by this many tokens. */
const grownTokensMin = 256;

/** Keeps what sequences held, in memory and on disk, and gives it to sequences that begin alike. */
export class StateKeeper {
  readonly cache: PrefixCache;
  readonly #store: SequenceStore;
  readonly #directory: StateDirectory | undefined;
  /** Whether a restored state can be cut to a part of its tokens. */
  readonly #canCut: boolean;
  #writing: Promise<void> = Promise.resolve();

  constructor(
    store: SequenceStore,
    canCut: boolean,
    cacheBytes: number,
    directory: StateDirectory | undefined,
  ) {
    this.#store = store;
    this.#canCut = canCut;
    this.cache = new PrefixCache(cacheBytes);
    this.#directory = directory;
  }

  /** Copies a sequence's state out. Only inside `scheduler.exclusive`. */
  async read(held: HeldSequence): Promise<SequenceState> {
    const { functions, context } = this.#store.setup;
    const bytes = await readNativeState(functions, context, held.id);
    const { cells, exactLength } = held.ledger;
    return { tokens: cells.slice(), bytes, exactLength };
  }

  /**
   * Replaces what a sequence holds. When llama.cpp refuses the state the sequence holds what it held before.
   * Only inside `scheduler.exclusive`.
   * @throws ColloquyError `state-file-invalid`
   */
  async write(held: HeldSequence, state: SequenceState): Promise<void> {
    const { functions, context } = this.#store.setup;
    const before = held.ledger.length > 0 ? await this.read(held) : undefined;
    this.#store.remove(held, 0);
    held.checkpoints.clear();
    if (await this.#fits(held, state)) {
      this.#become(held, state);
      // What comes next may be aborted.
      if (!this.#canCut) await held.checkpoints.take(this.#store, held);
      return;
    }
    this.#store.remove(held, 0);
    if (before !== undefined && (await writeNativeState(functions, context, held.id, before.bytes)))
      this.#become(held, before);
    throw new ColloquyError("state-file-invalid", "llama.cpp refused the state", {
      cause: this.#store.setup.recentLog() || undefined,
    });
  }

  #become(held: HeldSequence, { tokens, exactLength = tokens.length }: SequenceState): void {
    held.ledger.become(tokens, tokens.length, exactLength);
    // Nothing says which cells of the layers with a window came along.
    if (exactLength < tokens.length) held.gapEnd = tokens.length;
  }

  /** Copies a state in, and checks that it has as many cells as its file says. */
  async #fits(held: HeldSequence, { bytes, tokens }: SequenceState): Promise<boolean> {
    const { functions, context, memory } = this.#store.setup;
    if (!(await writeNativeState(functions, context, held.id, bytes))) return false;
    return memory === null || functions.llama_memory_seq_pos_max(memory, held.id) === tokens.length - 1;
  }

  /**
   * Keeps a sequence's content for later, if it is worth it. A state that cannot be kept, because the disk is full for
   * instance, costs a later evaluation and nothing now. Only inside `scheduler.exclusive`.
   */
  async keep(held: HeldSequence): Promise<void> {
    await this.#keep(held, true).catch(() => undefined);
  }

  /**
   * Keeps a living sequence on disk once it has grown enough since the last time, so that a program that is killed has
   * little to read again. Does not wait for it.
   */
  keepGrown(held: HeldSequence): void {
    const { length } = held.ledger;
    if (this.#directory === undefined || length < held.lengthOnDisk + grownTokensMin) return;
    held.lengthOnDisk = length;
    const { scheduler } = this.#store.setup;
    void scheduler.exclusive(() => this.#keep(held, false)).catch(() => undefined);
  }

  async #keep(held: HeldSequence, inMemoryToo: boolean): Promise<void> {
    const { ledger } = held;
    // A moved cell is not what a fresh context would have computed: nobody else may inherit it.
    if (ledger.length < keptTokensMin || ledger.exactLength < ledger.length) return;
    // Negative ids stand for media: their cells cannot be told apart by another run of the program.
    if (ledger.cells.some((id) => id < 0)) return;
    const { functions, context } = this.#store.setup;
    const size = functions.llama_state_seq_get_size_ext(context, held.id, 0);
    const inMemory = inMemoryToo && this.cache.accepts(size) && !this.cache.covers(ledger.cells);
    if (!inMemory && this.#directory === undefined) return;
    const state = await this.read(held);
    if (inMemory) this.cache.add(state);
    // Written behind everybody's back: a disk is slower than a decode.
    const directory = this.#directory;
    if (directory !== undefined) this.#writing = this.#writing.then(() => directory.add(state));
  }

  /** Resolves when everything that was kept so far is on disk. */
  written(): Promise<void> {
    return this.#writing;
  }

  /** Keeps what a sequence holds when `target` shares so little with it that most of it would be lost. */
  async keepIfLost(held: HeldSequence, target: readonly number[]): Promise<void> {
    const { length } = held.ledger;
    if (length < keptTokensMin || commonPrefixLength(held.ledger.cells, target) > length / 2) return;
    await this.keep(held);
  }

  /**
   * Gives a sequence a kept state that begins like `target`, when it holds more of it than `have` tokens.
   * Only inside `scheduler.exclusive`.
   * @returns how many tokens of `target` the sequence then holds, 0 when nothing was restored
   */
  async restore(held: HeldSequence, target: readonly number[], have: number): Promise<number> {
    const least = have + keptTokensMin;
    const found = this.cache.find(target);
    const usable = (state: SequenceState, length: number) =>
      length >= least && length < target.length && (this.#canCut || length === state.tokens.length);
    let state =
      found !== undefined && usable(found.state, Math.min(found.length, target.length - 1))
        ? found.state
        : undefined;
    if (state !== undefined) this.cache.touch(state);
    else if (this.#directory !== undefined) {
      const stored = await this.#directory.find(target, least - 1);
      const length =
        stored === undefined ? 0 : Math.min(commonPrefixLength(stored.tokens, target), target.length - 1);
      if (stored !== undefined && usable(stored, length)) state = stored;
    }
    if (state === undefined || state.tokens.length > this.#store.setup.contextSize) return 0;
    try {
      await this.write(held, state);
    } catch (error) {
      // The sequence holds what it held before: the prompt is evaluated from there.
      if (error instanceof ColloquyError) return 0;
      throw error;
    }
    return commonPrefixLength(held.ledger.cells, target);
  }
}
