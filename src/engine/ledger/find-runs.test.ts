import { describe, expect, it } from "vitest";
import { createRandom } from "../sampling/random.ts";
import { findRuns, type Run } from "./find-runs.ts";

const whole = (held: readonly number[], target: readonly number[]) => ({
  heldStart: 0,
  heldEnd: held.length,
  targetStart: 0,
  targetEnd: target.length,
});

const runsOf = (held: readonly number[], target: readonly number[], lengthMin = 4) =>
  findRuns(held, target, whole(held, target), lengthMin);

function range(start: number, length: number): number[] {
  return Array.from({ length }, (_, i) => start + i);
}

/** The most tokens that an order-preserving choice of blocks can keep, by trying every choice. */
function slowBest(order: readonly number[], lengths: readonly number[]): number {
  let best = 0;
  for (let choice = 0; choice < 1 << order.length; choice++) {
    const chosen = order.filter((_, i) => choice & (1 << i));
    if (chosen.some((block, i) => i > 0 && block < chosen[i - 1]!)) continue;
    best = Math.max(
      best,
      chosen.reduce((sum, block) => sum + lengths[block]!, 0),
    );
  }
  return best;
}

describe("findRuns", () => {
  it("keeps the larger of two swapped blocks", () => {
    const a = range(0, 50);
    const b = range(1000, 100);
    const rest = [-1];
    expect(runsOf([...a, ...b, 5000], [...b, ...a, ...rest])).toEqual([{ held: 50, target: 0, length: 100 }]);
  });

  it("keeps the best choice of shuffled blocks", () => {
    const random = createRandom(12);
    for (let round = 0; round < 200; round++) {
      const count = 2 + Math.floor(random.next() * 7);
      // With anchors of 4, a block of n tokens has n - 3: equal blocks make most anchors mean most tokens.
      const lengths = new Array<number>(count).fill(10 + Math.floor(random.next() * 20));
      const order = range(0, count)
        .map((block) => [random.next(), block] as const)
        .sort(([x], [y]) => x - y)
        .map(([, block]) => block);
      const block = (i: number) => range(i * 1000, lengths[i]!);
      const held = [...range(0, count).flatMap(block), 500_001];
      const target = [...order.flatMap(block), 500_002];
      const kept = runsOf(held, target).reduce((sum, run) => sum + run.length, 0);
      expect(kept).toBe(slowBest(order, lengths));
    }
  });

  it("finds runs that are equal, disjoint, in order, long enough and as long as possible", () => {
    const random = createRandom(13);
    for (let round = 0; round < 500; round++) {
      const vocabulary = 2 + Math.floor(random.next() ** 3 * 500);
      const some = (length: number) => range(0, length).map(() => Math.floor(random.next() * vocabulary));
      const held = some(80);
      const at = Math.floor(random.next() * 60);
      const target = [...held.slice(0, at), ...some(5), ...held.slice(at + 12), ...some(3)];
      let before: Run = { held: 0, target: 0, length: 0 };
      for (const run of runsOf(held, target)) {
        expect(run.length).toBeGreaterThanOrEqual(4);
        expect(run.held).toBeGreaterThanOrEqual(before.held + before.length);
        expect(run.target).toBeGreaterThanOrEqual(before.target + before.length);
        const slice = (list: readonly number[], from: number) => list.slice(from, from + run.length);
        expect(slice(held, run.held)).toEqual(slice(target, run.target));
        before = run;
      }
    }
  });

  it("takes a media run whole or not at all, on both sides", () => {
    const media = new Array<number>(6).fill(-9);
    const [a, b, c] = [range(0, 20), range(100, 20), range(200, 20)];
    const held = [1001, ...a, ...media, ...b, 1002];
    expect(runsOf(held, [2001, ...a, ...media, ...c, 2002])).toEqual([{ held: 1, target: 1, length: 26 }]);
    expect(runsOf(held, [2001, ...a, ...media.slice(2), ...c, 2002])).toEqual([
      { held: 1, target: 1, length: 20 },
    ]);
    const cutInHeld = [1001, ...a, ...media.slice(2), ...b, 1002];
    expect(runsOf(cutInHeld, [2001, ...a, ...media, ...b, 2002])).toEqual([
      { held: 1, target: 1, length: 20 },
      { held: 25, target: 27, length: 20 },
    ]);
  });
});
