import { expect, test } from "vitest";
import { seededRandom } from "../../test/fake/seeded-random.ts";
import { LeastRecentlyUsed } from "./least-recently-used.ts";

test("random calls do what a list in the order of use does", () => {
  const random = seededRandom(8);
  const sizeMax = 40;
  const kept = new LeastRecentlyUsed<number>(sizeMax);
  let list: { key: string; value: number; size: number }[] = [];
  let dropped = 0;
  for (let step = 0; step < 5000; step++) {
    const key = `key ${Math.floor(random() * 12)}`;
    const found = list.find((entry) => entry.key === key);
    if (random() < 0.5) {
      expect(kept.get(key)).toBe(found?.value);
      if (found !== undefined) list = [...list.filter((entry) => entry !== found), found];
    } else {
      const size = Math.floor(random() * 45);
      kept.set(key, step, size);
      list = list.filter((entry) => entry !== found);
      if (size <= sizeMax) list.push({ key, value: step, size });
      while (list.reduce((sum, entry) => sum + entry.size, 0) > sizeMax) {
        list.shift();
        dropped++;
      }
    }
    expect(kept.size).toBe(list.reduce((sum, entry) => sum + entry.size, 0));
  }
  expect(dropped).toBeGreaterThan(100);
  kept.clear();
  expect(kept.size).toBe(0);
  for (const { key } of list) expect(kept.get(key)).toBeUndefined();
});
