import { ColloquyError } from "../../base/errors.ts";
import type { NativeFunctions } from "../../native/declarations.ts";
import type { Pointer } from "../../native/structs.ts";
import { Ledger } from "../ledger/ledger.ts";
import { commonPrefixLength, findLongestPrefix } from "../ledger/longest-prefix.ts";
import type { Scheduler } from "../scheduler/scheduler.ts";
import type { SpanRegistry } from "../spans/span-registry.ts";
import type { StateDirectory } from "../state/state-directory.ts";
import { type CheckpointOptions, Checkpoints } from "./checkpoints.ts";
import { StateKeeper } from "./state-keeper.ts";

/** A prompt that is being read. */
interface Reading {
  readonly target: readonly number[];
  readonly priority: number;
  readonly progressed: Set<() => void>;
}

/** What the context holds for one sequence id. */
export interface HeldSequence {
  readonly id: number;
  readonly ledger: Ledger;
  /** Cells before this position may be shared with another sequence, so they must not be moved. */
  sharedEnd: number;
  /**
   * In layers with a window, cells before this position may be missing although earlier ones are there: the window
   * passed them while they waited in the spare sequence.
   */
  gapEnd: number;
  /** How many tokens it held when it was last kept on disk. */
  lengthOnDisk: number;
  /** Where a memory that cannot be cut can go back to. */
  readonly checkpoints: Checkpoints;
  /** The prompt being read now, so that others with the same beginning can wait for it. */
  reading: Reading | undefined;
}

export interface SequenceStoreSetup {
  readonly functions: NativeFunctions;
  readonly context: Pointer;
  readonly memory: Pointer | null;
  readonly scheduler: Scheduler;
  readonly totalSequences: number;
  /** Room of each sequence, tokens. */
  readonly contextSize: number;
  readonly canShift: boolean;
  /** Whether a beginning of one sequence can be given to another without copying. */
  readonly canShare: boolean;
  /** Width of the attention window of some layers, tokens; 0 for none. */
  readonly slidingWindow: number;
  /** Whether a sequence can be cut at any token; recurrent and small window memories cannot. */
  readonly canCut: boolean;
  /** What negative ids stand for. */
  readonly spans: SpanRegistry;
  /** Cells that one decode takes. */
  readonly batchSize: number;
  /** Takes an abort of an earlier decode back. */
  allowDecoding(): void;
  readonly prefixCacheBytes: number;
  readonly stateDirectory: StateDirectory | undefined;
  /** The last warnings of the native log. */
  recentLog(): string;
}

/** A shorter shared beginning is read again: sharing it gains nothing. */
const sharedTokensMin = 16;

/** The sequences of a context: which ids are taken, what their cells hold, and who can share with whom. */
export class SequenceStore {
  readonly setup: SequenceStoreSetup;
  /** The id in which cells wait while tokens are inserted before them, one edit at a time. */
  readonly spareId: number;
  /** Whether an edit has cells waiting there now. */
  spareInUse = false;
  readonly states: StateKeeper;
  readonly #held = new Map<number, HeldSequence>();

  constructor(setup: SequenceStoreSetup) {
    this.setup = setup;
    this.spareId = setup.totalSequences;
    this.states = new StateKeeper(this, setup.canCut, setup.prefixCacheBytes, setup.stateDirectory);
  }

  get free(): number {
    return this.setup.totalSequences - this.#held.size;
  }

  /** @throws ColloquyError `range` when all are taken */
  take(checkpointOptions: CheckpointOptions = {}): HeldSequence {
    const checkpoints = new Checkpoints(checkpointOptions);
    for (let id = 0; id < this.setup.totalSequences; id++) {
      if (this.#held.has(id)) continue;
      const held: HeldSequence = {
        id,
        ledger: new Ledger(),
        checkpoints,
        sharedEnd: 0,
        gapEnd: 0,
        lengthOnDisk: 0,
        reading: undefined,
      };
      this.#held.set(id, held);
      return held;
    }
    throw new ColloquyError("range", `All ${this.setup.totalSequences} sequences of the context are in use`, {
      hint: "create the context with more sequences, or dispose one",
    });
  }

  /** Gives a sequence's cells and its id back. */
  async release(held: HeldSequence): Promise<void> {
    try {
      await this.setup.scheduler.exclusive(async () => {
        await this.states.keep(held);
        this.remove(held, 0);
      });
      await this.states.written();
    } finally {
      this.#held.delete(held.id);
    }
  }

  heldTokens(): number {
    let sum = 0;
    for (const { ledger } of this.#held.values()) sum += ledger.length;
    return sum;
  }

  /** Removes all cells from a position on. Only inside `scheduler.exclusive`. */
  remove(held: HeldSequence, start: number): void {
    const { functions, memory } = this.setup;
    if (memory !== null) functions.llama_memory_seq_rm(memory, held.id, start, -1);
    held.ledger.truncate(start);
    held.sharedEnd = Math.min(held.sharedEnd, start);
    if (start === 0) held.gapEnd = 0;
    held.lengthOnDisk = Math.min(held.lengthOnDisk, start);
  }

  /**
   * A batch was cut short in a memory that cannot be cut: its state is of no use any more. What is left is the last
   * checkpoint. Called between two decodes.
   */
  lose(held: HeldSequence): void {
    held.checkpoints.goBack(this, held, held.ledger.length);
  }

  /** Makes `to` hold the first `length` cells of `from`, by sharing them. Only inside `scheduler.exclusive`. */
  share(from: HeldSequence, to: HeldSequence, length: number): void {
    const { functions, memory } = this.setup;
    this.remove(to, 0);
    functions.llama_memory_seq_cp(memory, from.id, to.id, 0, length);
    to.ledger.become(from.ledger.cells, length, Math.min(length, from.ledger.exactLength));
    to.sharedEnd = length;
    to.gapEnd = from.gapEnd;
    from.sharedEnd = Math.max(from.sharedEnd, length);
  }

  /**
   * Whether evaluation can go on behind the first `length` cells. With a sliding window, llama.cpp reuses cells that the
   * window has passed, even in a full-size cache: going back needs the window before `length` to be there still.
   */
  holdsWindowBefore(held: HeldSequence, length: number): boolean {
    const { slidingWindow } = this.setup;
    if (slidingWindow === 0 || length === held.ledger.length) return true;
    return this.firstPosition(held) <= Math.max(0, length - slidingWindow);
  }

  /** The first position whose cell is there in every layer; -1 when the sequence is empty. */
  firstPosition({ gapEnd, id }: HeldSequence): number {
    const { functions, memory } = this.setup;
    const first = memory === null ? -1 : functions.llama_memory_seq_pos_min(memory, id);
    return first < 0 ? first : Math.max(first, gapEnd);
  }

  /**
   * The other sequence whose cells are a longer beginning of `target` than the `ownLength` tokens that `own` can reuse.
   * Only inside `scheduler.exclusive`: ledgers change while a batch is evaluated.
   */
  findShared(
    own: HeldSequence,
    target: readonly number[],
    ownLength: number,
  ): { from: HeldSequence; length: number } | undefined {
    if (!this.setup.canShare) return undefined;
    const others = [...this.#held.values()].filter((other) => other !== own);
    const best = findLongestPrefix(
      others.map(({ ledger }) => ledger),
      target,
    );
    if (best === undefined) return undefined;
    const length = Math.min(best.length, target.length - 1);
    if (!this.holdsWindowBefore(others[best.index]!, length)) return undefined;
    return length >= ownLength + sharedTokensMin ? { from: others[best.index]!, length } : undefined;
  }

  /**
   * Marks a prompt as being read, from when this resolves until the returned function is called. Waits first while
   * another sequence is reading a beginning that `target` needs too: two readers would do it twice.
   */
  async beginReading(
    held: HeldSequence,
    target: readonly number[],
    priority: number,
    signal: AbortSignal | undefined,
  ): Promise<() => void> {
    for (
      let reader = this.#readerFor(held, target, priority);
      reader !== undefined;
      reader = this.#readerFor(held, target, priority)
    ) {
      if (signal?.aborted) break;
      await nextProgress(reader.progressed, signal);
    }
    const reading: Reading = { target, priority, progressed: new Set() };
    held.reading = reading;
    return () => {
      if (held.reading === reading) held.reading = undefined;
      for (const wake of [...reading.progressed]) wake();
    };
  }

  /** Who is about to hold more of `target` than anybody does now. */
  #readerFor(own: HeldSequence, target: readonly number[], priority: number): Reading | undefined {
    if (!this.setup.canShare) return undefined;
    const all = [...this.#held.values()];
    const have = findLongestPrefix(
      all.map(({ ledger }) => ledger),
      target,
    );
    for (const other of all) {
      // A reader of lower priority may have to wait for others itself.
      if (other === own || other.reading === undefined || other.reading.priority < priority) continue;
      const shared = Math.min(commonPrefixLength(other.reading.target, target), target.length - 1);
      if (shared >= (have?.length ?? 0) + sharedTokensMin) return other.reading;
    }
    return undefined;
  }

  /** Tells those who wait for this reader that more of it is in the cache. */
  progressed(held: HeldSequence): void {
    if (held.reading === undefined) return;
    for (const wake of [...held.reading.progressed]) wake();
  }
}

function nextProgress(progressed: Set<() => void>, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve) => {
    const wake = () => {
      progressed.delete(wake);
      signal?.removeEventListener("abort", wake);
      resolve();
    };
    progressed.add(wake);
    signal?.addEventListener("abort", wake, { once: true });
  });
}
