import { expect, test } from "vitest";
import { seededRandom } from "../../../test/gguf/seeded-random.ts";
import { stepsOf } from "./controlled-evaluate.ts";
import { keptByErasing, withoutRanges } from "./token-ranges.ts";

test("ranges are erased whatever their order, overlap and end", () => {
  const list = [0, 1, 2, 3, 4, 5];
  expect(withoutRanges(list, [{ start: 1, end: 3 }])).toEqual([0, 3, 4, 5]);
  expect(
    withoutRanges(list, [
      { start: 4, end: 99 },
      { start: 0, end: 2 },
      { start: 1, end: 3 },
      { start: 3, end: 3 },
      { start: 3, end: 1 },
    ]),
  ).toEqual([3]);
  for (const range of [{ start: -1, end: 2 }, { start: 0.5, end: 2 }, {}, null])
    expect(() => withoutRanges(list, [range as never])).toThrow(/start and an end/);
});

test("erasing keeps a beginning of what is wanted, as long as any erasing can", () => {
  expect(keptByErasing([1, 9, 2, 3, 8], [1, 2, 3, 4])).toEqual([1, 2, 3]);
  expect(keptByErasing([1, 2, 3], [1, 2])).toEqual([1, 2]);
  expect(keptByErasing([9], [1])).toEqual([]);
  const random = seededRandom(3);
  const draw = (length: number) => Array.from({ length }, () => Math.floor(random() * 3));
  const isLeftOf = (part: number[], held: number[]): boolean =>
    part.length === 0 ||
    held.some((token, index) => token === part[0] && isLeftOf(part.slice(1), held.slice(index + 1)));
  for (let run = 0; run < 300; run++) {
    const [held, wanted] = [draw(7), draw(5)];
    const kept = keptByErasing(held, wanted);
    expect(kept).toEqual(wanted.slice(0, kept.length));
    expect(isLeftOf(kept, held)).toBe(true);
    if (kept.length < wanted.length) expect(isLeftOf(wanted.slice(0, kept.length + 1), held)).toBe(false);
  }
});

test("steps cover all tokens in order; those with logits are among the last of a short step", () => {
  const random = seededRandom(4);
  for (let run = 0; run < 300; run++) {
    const wanted = Array.from({ length: Math.floor(random() * 30) }, () => random() < 0.3);
    const steps = stepsOf(wanted, 4);
    expect(steps.flatMap(({ start, end }) => wanted.slice(start, end))).toEqual(wanted);
    for (const { start, end, outputs } of steps) {
      expect(outputs).toBeLessThanOrEqual(4);
      expect(wanted.slice(start, end - outputs)).not.toContain(true);
      if (outputs > 0) expect(end - start).toBe(outputs);
    }
  }
});
