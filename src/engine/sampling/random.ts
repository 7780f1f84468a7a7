/**
 * A repeatable stream of numbers: xoshiro128** 1.1 by Blackman and Vigna (https://prng.di.unimi.it/xoshiro128starstar.c),
 * its state filled from one 32-bit seed by the SplitMix32 step.
 */
export interface Random {
  /** Uniform in [0, 1), 53 random bits. */
  next(): number;
  /** A stream that goes on from the same place. */
  clone(): Random;
}

export function createRandom(seed: number): Random {
  const state = new Uint32Array(4);
  let x = seed >>> 0;
  for (let i = 0; i < 4; i++) {
    x = (x + 0x9e3779b9) >>> 0;
    let z = x;
    z = Math.imul(z ^ (z >>> 16), 0x85ebca6b);
    z = Math.imul(z ^ (z >>> 13), 0xc2b2ae35);
    state[i] = z ^ (z >>> 16);
  }
  return randomFrom(state);
}

function randomFrom(state: Uint32Array): Random {
  return {
    next() {
      const high = nextWord(state) >>> 5;
      const low = nextWord(state) >>> 6;
      return (high * 0x4000000 + low) / 0x20000000000000;
    },
    clone: () => randomFrom(state.slice()),
  };
}

/** One step of the generator; changes the four words of `state`. */
export function nextWord(state: Uint32Array): number {
  const s1 = state[1]!;
  const result = Math.imul(rotateLeft(Math.imul(s1, 5), 7), 9);
  state[2]! ^= state[0]!;
  state[3]! ^= s1;
  state[1]! ^= state[2]!;
  state[0]! ^= state[3]!;
  state[2]! ^= s1 << 9;
  state[3] = rotateLeft(state[3]!, 11);
  return result >>> 0;
}

function rotateLeft(x: number, bits: number): number {
  return (x << bits) | (x >>> (32 - bits));
}
