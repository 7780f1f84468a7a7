import { describe, expect, it } from "vitest";
import { createRandom, nextWord } from "./random.ts";

describe("random numbers", () => {
  it("steps as the published generator does", () => {
    const state = Uint32Array.of(1, 2, 3, 4);
    expect([1, 2, 3, 4].map(() => nextWord(state))).toEqual([11520, 0, 5927040, 70819200]);
  });

  it("are uniform in [0, 1), differ by seed and can be continued", () => {
    const classes = new Array<number>(20).fill(0);
    const random = createRandom(42);
    for (let i = 0; i < 20_000; i++) {
      const value = random.next();
      expect(value >= 0 && value < 1).toBe(true);
      classes[Math.floor(value * 20)]!++;
    }
    const statistic = classes.reduce((sum, count) => sum + (count - 1000) ** 2 / 1000, 0);
    expect(statistic).toBeLessThan(45);
    expect(createRandom(0).next()).not.toBe(createRandom(1).next());
    const copy = random.clone();
    expect([copy.next(), copy.next()]).toEqual([random.next(), random.next()]);
  });
});
