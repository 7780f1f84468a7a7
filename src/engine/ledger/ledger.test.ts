import { describe, expect, it } from "vitest";
import { createRandom } from "../sampling/random.ts";
import { Ledger } from "./ledger.ts";
import { commonPrefixLength, findLongestPrefix } from "./longest-prefix.ts";

function ledgerOf(ids: readonly number[], exactLength = ids.length): Ledger {
  const ledger = new Ledger();
  ledger.become(ids, ids.length, exactLength);
  return ledger;
}

describe("Ledger", () => {
  it("holds what a plain array holds", () => {
    const random = createRandom(4);
    const ledger = new Ledger();
    let slow: number[] = [];
    for (let i = 0; i < 3000; i++) {
      const id = Math.floor(random.next() * 1000) - 10;
      const kind = random.next();
      if (kind < 0.6) {
        ledger.push(id);
        slow.push(id);
      } else if (kind < 0.9) {
        const more = [id, id + 1, id + 2, id + 3];
        ledger.append(more, 1, 3);
        slow.push(id + 1, id + 2);
      } else {
        const length = Math.floor(random.next() * (slow.length + 1));
        ledger.truncate(length);
        slow = slow.slice(0, length);
      }
      expect(ledger.length).toBe(slow.length);
    }
    expect(ledger.toArray()).toEqual(slow);
    expect(ledger.at(slow.length - 1)).toBe(slow.at(-1));
    expect(() => ledger.at(slow.length)).toThrow("behind its end");
    expect(() => ledger.truncate(slow.length + 1)).toThrow("behind its end");
  });

  it("knows up to where its cells are those of a fresh context", () => {
    const ledger = new Ledger();
    ledger.append([1, 2, 3]);
    expect(ledger.exactLength).toBe(3);
    ledger.appendMoved([7, 8], 0, 2);
    ledger.push(4);
    expect(ledger.exactLength).toBe(3);
    ledger.truncate(3);
    ledger.push(5);
    expect(ledger.exactLength).toBe(4);
    ledger.clear();
    expect([ledger.length, ledger.exactLength]).toEqual([0, 0]);
  });
});

describe("shared prefixes", () => {
  it("never cut a media run", () => {
    expect(commonPrefixLength([1, 2, 3], [1, 2, 4])).toBe(2);
    expect(commonPrefixLength([1, -5, -5, -5, 2], [1, -5, -5])).toBe(1);
    expect(commonPrefixLength([1, -5, -5, 2], [1, -5, -5, 3])).toBe(3);
    expect(commonPrefixLength([1, -5, -6], [1, -5, -7])).toBe(2);
    expect(commonPrefixLength([1, 2, 3], [1, 2, 3], 2)).toBe(2);
  });

  it("finds the ledger that shares the most exact cells", () => {
    const target = [1, 2, 3, 4, 5, 6];
    const ledgers = [ledgerOf([1, 2, 9]), ledgerOf([1, 2, 3, 4, 5], 3), ledgerOf([1, 2, 3, 4]), ledgerOf([])];
    expect(findLongestPrefix(ledgers, target)).toEqual({ index: 2, length: 4 });
    expect(findLongestPrefix(ledgers, [8])).toBeUndefined();
    expect(findLongestPrefix([], target)).toBeUndefined();
  });

  it("agrees with a slow search", () => {
    const random = createRandom(6);
    const list = () =>
      Array.from({ length: Math.floor(random.next() * 12) }, () => Math.floor(random.next() * 2));
    for (let round = 0; round < 500; round++) {
      const lists = Array.from({ length: 6 }, list);
      const target = list();
      const lengths = lists.map((ids) => {
        const end = ids.findIndex((id, i) => id !== target[i]);
        return end < 0 ? ids.length : end;
      });
      const best = Math.max(...lengths);
      const wanted = best === 0 ? undefined : { index: lengths.indexOf(best), length: best };
      expect(
        findLongestPrefix(
          lists.map((ids) => ledgerOf(ids)),
          target,
        ),
      ).toEqual(wanted);
    }
  });
});
