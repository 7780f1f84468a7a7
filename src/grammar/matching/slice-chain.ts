import { type Automaton, DEAD } from "../automaton/automaton.ts";
import type { TokenSlice } from "../trie/token-slice.ts";
import { type ClassSequence, classSequences, stateAfterAny } from "./state-after-any.ts";

const NONE = -1;

/** How a state takes the characters of a slice, one after another. */
export interface SliceChain {
  /** How many characters of the slice are taken, whichever they are; infinite where the state stays the same. */
  readonly length: number;
  /** The states before each of them, and the one after the last; only the one where the state stays the same. */
  readonly states: readonly number[];
  /** Whether some characters of the slice, not all alike, are taken after that. */
  readonly goesOn: boolean;
}

/**
 * Finds where an automaton takes any character of a slice with the same result.
 * Answers are kept for each state.
 */
export class SliceChains {
  readonly slice: TokenSlice;
  readonly #automaton: Automaton;
  /** The slice's characters as sequences of ranges of byte classes. */
  readonly #sequences: readonly ClassSequence[];
  /** For each state: the state after any one character of the slice, or that there is none. 0 is unknown. */
  #next = new Int32Array(64);

  constructor(automaton: Automaton, slice: TokenSlice) {
    this.slice = slice;
    this.#automaton = automaton;
    this.#sequences = classSequences(automaton, slice.sequences);
  }

  /**
   * Whether the slice says all about the state: it takes every character of the slice with the same result, and so on,
   * until it takes none of them.
   */
  applies(state: number): boolean {
    if (this.#after(state) === NONE) return false;
    const { length, goesOn } = this.chain(state);
    return length >= this.slice.longest || !goesOn;
  }

  chain(state: number): SliceChain {
    const states = [state];
    for (let at = state; states.length <= this.slice.longest; ) {
      const next = this.#after(at);
      if (next === NONE) return { length: states.length - 1, states, goesOn: this.#takesAny(at) };
      if (next === at) return { length: Number.POSITIVE_INFINITY, states, goesOn: true };
      states.push((at = next));
    }
    return { length: states.length - 1, states, goesOn: true };
  }

  #after(state: number): number {
    if (state >= this.#next.length) {
      const grown = new Int32Array(Math.max(this.#next.length * 2, state + 1));
      grown.set(this.#next);
      this.#next = grown;
    }
    if (this.#next[state] === 0)
      this.#next[state] = stateAfterAny(this.#automaton, state, this.#sequences) || NONE;
    return this.#next[state]!;
  }

  #takesAny(state: number): boolean {
    return this.#sequences.some((sequence) => {
      const [first, last] = sequence[0]!;
      for (let byteClass = first; byteClass <= last; byteClass++)
        if (this.#automaton.stepClass(state, byteClass) !== DEAD) return true;
      return false;
    });
  }
}
