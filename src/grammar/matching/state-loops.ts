import { type Automaton, DEAD } from "../automaton/automaton.ts";
import { utf8Sequences } from "../automaton/utf8-sequences.ts";
import { NOT_TEXT } from "../trie/below-nodes.ts";
import { BEYOND_ASCII_KIND, BYTES_OF_KIND } from "../trie/byte-kinds.ts";
import { type ClassSequence, classSequences, stateAfterAny } from "./state-after-any.ts";

/** How far a chain of states is followed; longer ways below a node are walked. */
const CHAIN_MAX = 24;
/** How much of a vocabulary begins with each kind, roughly: decides between targets. */
const KIND_WEIGHTS = Uint8Array.from(BYTES_OF_KIND, (bytes) => bytes.length);
const BEYOND_WEIGHT = 12;
const BEYOND_ASCII = utf8Sequences([0x80, 0xd7ff]).concat(utf8Sequences([0xe000, 0x10ffff]));

/** Which kinds of characters a state takes without caring which, and how many of them in a row. */
export class StateLoops {
  readonly #automaton: Automaton;
  readonly #beyond: readonly ClassSequence[];
  /** For each state: the kinds with one and the same result, -1 where that is not known yet. */
  #kinds = new Int32Array(64).fill(-1);
  #targets = new Int32Array(64);
  #reaches = new Uint8Array(64);

  constructor(automaton: Automaton) {
    this.#automaton = automaton;
    this.#beyond = classSequences(automaton, BEYOND_ASCII);
  }

  /** Whether a state takes every text of at most `height` bytes of these kinds. */
  takesAll(state: number, kinds: number, height: number): boolean {
    const own = this.#kindsOf(state);
    if ((kinds & ~own) !== 0) return false;
    let reach = this.#reaches[state]!;
    if (reach === 0) {
      // Following it may make states and with them a larger array.
      reach = this.#findReach(state, own);
      this.#reaches[state] = reach;
    }
    return height <= reach;
  }

  #kindsOf(state: number): number {
    if (state >= this.#kinds.length) this.#grow(state);
    if (this.#kinds[state] === -1) this.#find(state);
    return this.#kinds[state]!;
  }

  #findReach(state: number, kinds: number): number {
    let at = state;
    for (let length = 1; length <= CHAIN_MAX; length++) {
      const next = this.#targets[at]!;
      if (next === at) return NOT_TEXT - 1;
      at = next;
      if ((kinds & ~this.#kindsOf(at)) !== 0) return length;
    }
    return CHAIN_MAX;
  }

  #find(state: number): void {
    const { transitions } = this.#filled(state);
    const { classCount, classOfByte } = this.#automaton;
    const row = state * classCount;
    const byTarget = new Map<number, { kinds: number; weight: number }>();
    const add = (target: number, kind: number, weight: number) => {
      const entry = byTarget.get(target);
      if (entry === undefined) byTarget.set(target, { kinds: 1 << kind, weight });
      else {
        entry.kinds |= 1 << kind;
        entry.weight += weight;
      }
    };
    for (let kind = 0; kind < BEYOND_ASCII_KIND; kind++) {
      const bytes = BYTES_OF_KIND[kind]!;
      const target = transitions[row + classOfByte[bytes[0]!]!]!;
      if (target === DEAD) continue;
      if (bytes.every((byte) => transitions[row + classOfByte[byte]!] === target))
        add(target, kind, KIND_WEIGHTS[kind]!);
    }
    const beyond = stateAfterAny(this.#automaton, state, this.#beyond);
    if (beyond !== DEAD) add(beyond, BEYOND_ASCII_KIND, BEYOND_WEIGHT);
    let [kinds, most] = [0, 0];
    for (const [target, entry] of byTarget) {
      if (entry.weight <= most) continue;
      most = entry.weight;
      kinds = entry.kinds;
      this.#targets[state] = target;
    }
    this.#kinds[state] = kinds;
  }

  #filled(state: number): Automaton {
    this.#automaton.stepClass(state, 0);
    return this.#automaton;
  }

  #grow(state: number): void {
    const size = Math.max(this.#kinds.length * 2, state + 1);
    const kinds = new Int32Array(size).fill(-1);
    kinds.set(this.#kinds);
    this.#kinds = kinds;
    const targets = new Int32Array(size);
    targets.set(this.#targets);
    this.#targets = targets;
    const reaches = new Uint8Array(size);
    reaches.set(this.#reaches);
    this.#reaches = reaches;
  }
}
