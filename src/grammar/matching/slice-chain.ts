import { type Automaton, DEAD } from "../automaton/automaton.ts";
import { utf8Sequences } from "../automaton/utf8-sequences.ts";
import type { TokenSlice } from "../trie/token-slice.ts";

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
  readonly #sequences: readonly (readonly (readonly [number, number])[])[];
  /** For each state: the state after any one character of the slice, or that there is none. 0 is unknown. */
  #next = new Int32Array(64);
  readonly #reaches = new Map<number, number>();

  constructor(automaton: Automaton, slice: TokenSlice) {
    this.slice = slice;
    this.#automaton = automaton;
    const { classOfByte } = automaton;
    this.#sequences = slice.ranges
      .flatMap(utf8Sequences)
      .map((sequence) => sequence.map(([first, last]) => [classOfByte[first]!, classOfByte[last]!] as const));
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

  /** The length of the {@link chain} that begins in a state. */
  reach(state: number): number {
    let length = this.#reaches.get(state);
    if (length === undefined) this.#reaches.set(state, (length = this.chain(state).length));
    return length;
  }

  #after(state: number): number {
    if (state >= this.#next.length) {
      const grown = new Int32Array(Math.max(this.#next.length * 2, state + 1));
      grown.set(this.#next);
      this.#next = grown;
    }
    if (this.#next[state] === 0) this.#next[state] = this.#findAfter(state);
    return this.#next[state]!;
  }

  #findAfter(state: number): number {
    let found = 0;
    for (const sequence of this.#sequences) {
      found = this.#follow(state, sequence, 0, found);
      if (found === NONE) return NONE;
    }
    return found === 0 ? NONE : found;
  }

  /** The common state after all byte sequences that the ranges stand for, given the one found so far (or 0). */
  #follow(
    state: number,
    sequence: readonly (readonly [number, number])[],
    at: number,
    known: number,
  ): number {
    const [first, last] = sequence[at]!;
    let found = known;
    let previous = -1;
    for (let byteClass = first; byteClass <= last; byteClass++) {
      const next = this.#automaton.stepClass(state, byteClass);
      if (next === DEAD) return NONE;
      if (next === previous) continue;
      previous = next;
      if (at + 1 < sequence.length) found = this.#follow(next, sequence, at + 1, found);
      else if (found === 0) found = next;
      else if (found !== next) return NONE;
      if (found === NONE) return NONE;
    }
    return found;
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
