import { expect, test } from "vitest";
import { seededRandom } from "../../../test/fake/seeded-random.ts";
import { PrefixCache } from "./prefix-cache.ts";
import type { SequenceState } from "./state-file.ts";

const stateOf = (tokens: readonly number[], bytes = tokens.length): SequenceState => ({
  tokens: Int32Array.from(tokens),
  bytes: new ArrayBuffer(bytes),
});

test("finds the longest shared beginning", () => {
  const cache = new PrefixCache(100);
  cache.add(stateOf([1, 2, 3]));
  cache.add(stateOf([1, 2, 9, 9]));
  expect(cache.find([1, 2, 9, 4])).toMatchObject({ length: 3 });
  expect([...cache.find([1, 2, 3, 4, 5])!.state.tokens]).toEqual([1, 2, 3]);
  expect(cache.find([5])).toBeUndefined();
  expect(cache.find([])).toBeUndefined();
});

test("a longer state takes the place of its beginnings, and covers them", () => {
  const cache = new PrefixCache(100);
  cache.add(stateOf([1, 2]));
  cache.add(stateOf([1, 2, 3]));
  cache.add(stateOf([1, 2, 3]));
  cache.add(stateOf([1]));
  expect([cache.size, cache.bytes]).toEqual([1, 3]);
  expect(cache.covers([1, 2])).toBe(true);
  expect(cache.covers([2])).toBe(false);
});

test("what is too large or empty is not taken; a closed cache takes nothing", () => {
  const cache = new PrefixCache(10);
  cache.add(stateOf([1], 11));
  cache.add(stateOf([2], 0));
  expect(cache.size).toBe(0);
  cache.add(stateOf([3], 10));
  cache.close();
  cache.add(stateOf([4], 1));
  expect([cache.size, cache.bytes, cache.accepts(1)]).toEqual([0, 0, false]);
});

/** The slow twin: a list of texts in order of use. */
class SlowCache {
  list: { text: string; bytes: number }[] = [];
  readonly max: number;
  constructor(max: number) {
    this.max = max;
  }
  add(text: string, bytes: number): void {
    if (bytes > this.max || this.list.some((entry) => entry.text.startsWith(text))) return;
    this.list = [...this.list.filter((entry) => !text.startsWith(entry.text)), { text, bytes }];
    while (this.bytes > this.max) this.list = this.list.slice(1);
  }
  get bytes(): number {
    return this.list.reduce((sum, entry) => sum + entry.bytes, 0);
  }
  touch(text: string): void {
    this.list = [
      ...this.list.filter((entry) => entry.text !== text),
      ...this.list.filter((entry) => entry.text === text),
    ];
  }
}

test("random use: bounded in bytes, the longest unused goes, as the slow twin has it", () => {
  const random = seededRandom(21);
  const below = (end: number) => Math.floor(random() * end);
  const cache = new PrefixCache(40);
  const twin = new SlowCache(40);
  const textOf = (tokens: ArrayLike<number>) =>
    String.fromCharCode(...Array.from(tokens, (token) => 97 + token));
  let dropped = 0;
  for (let round = 0; round < 3000; round++) {
    const tokens = Array.from({ length: 1 + below(6) }, () => below(3));
    if (below(3) > 0) {
      const bytes = 1 + below(15);
      const sizeBefore = cache.size;
      cache.add(stateOf(tokens, bytes));
      twin.add(textOf(tokens), bytes);
      if (cache.size <= sizeBefore) dropped++;
    } else {
      const found = cache.find(tokens);
      const lengths = twin.list.map(({ text }) => {
        let length = 0;
        while (length < tokens.length && text[length] === textOf(tokens)[length]) length++;
        return length;
      });
      expect(found?.length ?? 0).toBe(Math.max(0, ...lengths));
      if (found !== undefined) {
        cache.touch(found.state);
        twin.touch(textOf(found.state.tokens));
      }
    }
    expect(cache.bytes).toBeLessThanOrEqual(40);
    expect([cache.size, cache.bytes]).toEqual([twin.list.length, twin.bytes]);
    for (const { text } of twin.list)
      expect(cache.covers([...text].map((c) => c.charCodeAt(0) - 97))).toBe(true);
  }
  expect(dropped).toBeGreaterThan(100);
});
