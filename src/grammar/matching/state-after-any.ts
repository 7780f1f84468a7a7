import { type Automaton, DEAD } from "../automaton/automaton.ts";
import type { ByteSequence } from "../automaton/utf8-sequences.ts";

/** Characters as a sequence of ranges of byte classes. */
export type ClassSequence = readonly (readonly [first: number, last: number])[];

/** Byte sequences in the classes of an automaton. */
export function classSequences(
  { classOfByte }: Automaton,
  sequences: readonly ByteSequence[],
): ClassSequence[] {
  return sequences.map((sequence) =>
    sequence.map(([first, last]) => [classOfByte[first]!, classOfByte[last]!] as const),
  );
}

const NONE = -1;

/** The state after any one character that the sequences stand for; {@link DEAD} where it is not the same for all. */
export function stateAfterAny(
  automaton: Automaton,
  state: number,
  sequences: readonly ClassSequence[],
): number {
  let found: number = DEAD;
  for (const sequence of sequences) {
    found = follow(automaton, state, sequence, 0, found);
    if (found === NONE) return DEAD;
  }
  return found;
}

/** The common state after all that a sequence stands for, given the one found so far (or {@link DEAD}). */
function follow(
  automaton: Automaton,
  state: number,
  sequence: ClassSequence,
  at: number,
  known: number,
): number {
  const [first, last] = sequence[at]!;
  let found = known;
  let previous = -1;
  for (let byteClass = first; byteClass <= last; byteClass++) {
    const next = automaton.stepClass(state, byteClass);
    if (next === DEAD) return NONE;
    if (next === previous) continue;
    previous = next;
    if (at + 1 < sequence.length) found = follow(automaton, next, sequence, at + 1, found);
    else if (found === DEAD) found = next;
    else if (found !== next) return NONE;
    if (found === NONE) return NONE;
  }
  return found;
}
