import { seededRandom } from "../../fake/seeded-random.ts";

/** Draws from one seeded sequence. */
export interface Draw {
  /** From 0 up to 1. */
  readonly next: () => number;
  /** A whole number from 0 up to `count`. */
  readonly below: (count: number) => number;
  readonly pick: <T>(items: readonly T[]) => T;
  /** True in this share of the calls. */
  readonly chance: (share: number) => boolean;
}

export function drawFrom(seed: number): Draw {
  const next = seededRandom(seed);
  const below = (count: number) => Math.floor(next() * count);
  return { next, below, pick: (items) => items[below(items.length)]!, chance: (share) => next() < share };
}

/** A seed for each input of each front, so that any one of them can be made alone. */
export function inputSeed(seed: number, front: string, index: number): number {
  let mixed = 0x811c9dc5 ^ seed;
  for (const character of `${front}/${index}`) mixed = Math.imul(mixed ^ character.charCodeAt(0), 0x01000193);
  return (mixed ^ (mixed >>> 15)) >>> 0;
}
