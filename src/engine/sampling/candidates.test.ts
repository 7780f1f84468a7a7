import { describe, expect, it } from "vitest";
import { createCandidates, keepTopP, takeAbove, takeBest, takeNucleus } from "./candidates.ts";
import { createRandom } from "./random.ts";

/** Logits with many equal values and some that are ruled out. */
function coarseLogits(size: number, seed: number): Float32Array {
  const random = createRandom(seed);
  return Float32Array.from({ length: size }, () =>
    random.next() < 0.1 ? Number.NEGATIVE_INFINITY : Math.floor(random.next() * 12),
  );
}

function sorted(logits: Float32Array, ids: readonly number[]): number[] {
  return ids
    .filter((id) => logits[id] !== Number.NEGATIVE_INFINITY)
    .sort((a, b) => logits[b]! - logits[a]! || a - b);
}

describe("candidates", () => {
  const into = createCandidates();
  const listed = () => [...into.ids.subarray(0, into.count)];

  it("are the best ones in order, the lowest id first among equals", () => {
    for (let seed = 1; seed <= 300; seed++) {
      const size = 1 + ((seed * 7) % 150);
      const logits = coarseLogits(size, seed);
      const random = createRandom(seed + 1000);
      const all = [...logits.keys()];
      const some = all.filter(() => random.next() < 0.4);
      for (const k of [1, 2, 7, 40, size, 1000]) {
        takeBest(into, { logits, ids: undefined, count: size }, k);
        expect(listed()).toEqual(sorted(logits, all).slice(0, k));
        takeBest(into, { logits, ids: Int32Array.from(some), count: some.length }, k);
        expect(listed()).toEqual(sorted(logits, some).slice(0, k));
        expect([...into.logits.subarray(0, into.count)]).toEqual(listed().map((id) => logits[id]));
      }
      takeAbove(into, { logits, ids: undefined, count: size }, 6);
      expect(listed()).toEqual(all.filter((id) => logits[id]! >= 6));
    }
  });

  it("hold the wanted share of the probability and not one more, however they are found", () => {
    for (let seed = 1; seed <= 40; seed++) {
      const logits = coarseLogits(3000, seed).map((logit) => logit / (seed % 9 || 0.1));
      const pool = { logits, ids: undefined, count: logits.length };
      const order = sorted(logits, [...logits.keys()]);
      const weights = order.map((id) => Math.exp(logits[id]! - logits[order[0]!]!));
      const total = weights.reduce((a, b) => a + b, 0);
      for (const topP of [0, 0.3, 0.9, 0.999]) {
        let sum = 0;
        const end = weights.findIndex((weight) => (sum += weight) >= topP * total * (1 - 1e-12)) + 1;
        takeNucleus(into, pool, topP);
        expect(Math.abs(into.count - end)).toBeLessThanOrEqual(1);
        expect(listed()).toEqual(order.slice(0, into.count));
        const count = into.count;
        takeBest(into, pool, 3000);
        keepTopP(into, topP);
        expect(Math.abs(into.count - count)).toBeLessThanOrEqual(1);
      }
    }
  });
});
