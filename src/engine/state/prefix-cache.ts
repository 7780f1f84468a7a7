import { commonPrefixLength } from "../ledger/longest-prefix.ts";
import type { SequenceState } from "./state-file.ts";

/** A stored state whose first `length` tokens are the first tokens of what is wanted. */
export interface PrefixMatch {
  readonly state: SequenceState;
  readonly length: number;
}

/**
 * States of sequences that are gone, kept in memory for later sequences that begin alike. Bounded in bytes; the one
 * whose last use is longest ago goes first.
 */
export class PrefixCache {
  #bytesMax: number;
  /** In order of last use, oldest first. */
  #entries: SequenceState[] = [];
  #bytes = 0;

  constructor(bytesMax: number) {
    this.#bytesMax = bytesMax;
  }

  get bytes(): number {
    return this.#bytes;
  }
  get size(): number {
    return this.#entries.length;
  }

  /** Whether a state of this many bytes could be kept at all. */
  accepts(bytes: number): boolean {
    return bytes > 0 && bytes <= this.#bytesMax;
  }

  /** Whether some state already begins with all of `tokens`. */
  covers(tokens: ArrayLike<number>): boolean {
    return this.#entries.some((entry) => commonPrefixLength(entry.tokens, tokens) === tokens.length);
  }

  add(state: SequenceState): void {
    if (!this.accepts(state.bytes.byteLength) || this.covers(state.tokens)) return;
    // A shorter state that this one begins with has nothing more to give.
    for (const entry of [...this.#entries])
      if (commonPrefixLength(entry.tokens, state.tokens) === entry.tokens.length) this.#remove(entry);
    while (this.#bytes + state.bytes.byteLength > this.#bytesMax) this.#remove(this.#entries[0]!);
    this.#entries.push(state);
    this.#bytes += state.bytes.byteLength;
  }

  /** The state that shares the longest beginning with `target`. */
  find(target: ArrayLike<number>): PrefixMatch | undefined {
    let best: PrefixMatch | undefined;
    for (const state of this.#entries) {
      const length = commonPrefixLength(state.tokens, target);
      if (length > (best?.length ?? 0)) best = { state, length };
    }
    return best;
  }

  /** Counts as a use of a state. */
  touch(state: SequenceState): void {
    const index = this.#entries.indexOf(state);
    if (index >= 0) this.#entries.push(...this.#entries.splice(index, 1));
  }

  /** Drops everything and takes nothing more. */
  close(): void {
    this.#entries = [];
    this.#bytes = 0;
    this.#bytesMax = 0;
  }

  #remove(entry: SequenceState): void {
    this.#entries = this.#entries.filter((other) => other !== entry);
    this.#bytes -= entry.bytes.byteLength;
  }
}
