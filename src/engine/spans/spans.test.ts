import { expect, test } from "vitest";
import { seededRandom } from "../../../test/gguf/seeded-random.ts";
import type { Token } from "../token.ts";
import { findBrokenSpan } from "./evaluate-span.ts";
import { type EvaluationSpan, SpanRegistry } from "./span-registry.ts";
import { splitAtSpans } from "./split-at-spans.ts";

const span = (key: string, length: number): EvaluationSpan => ({
  key,
  length,
  prepare: async () => ({ evaluate: async () => {} }),
});

test("gives a span the same negative id whenever it is embedded", () => {
  const [first, second] = [new SpanRegistry(), new SpanRegistry()];
  const a = first.embed("m", [[1, 2] as Token[], span("a", 3), [4] as Token[]]);
  const id = a.tokens[2]!;
  expect(id).toBeLessThan(0);
  expect(a.tokens).toEqual([1, 2, id, id, id, 4]);
  expect(second.embed("other", [span("a", 3)]).tokens).toEqual([id, id, id]);
  expect(first.embed("m2", [span("b", 1)]).tokens[0]).not.toBe(id);
  expect(first.tokensOf("m")).toBe(a.tokens);
  expect(first.span(id)?.key).toBe("a");
  expect(first.span(-1)).toBeUndefined();
});

test("cuts evaluations where tokens and spans meet, as one step after the other does", () => {
  const random = seededRandom(11);
  for (let round = 0; round < 200; round++) {
    const target: number[] = [];
    while (target.length < 40) {
      const id = random() < 0.4 ? -1 - Math.floor(random() * 3) : Math.floor(random() * 5);
      for (let n = Math.floor(random() * 4); n >= 0; n--) target.push(id);
    }
    const start = Math.floor(random() * 10);
    const middle = start + 1 + Math.floor(random() * 10);
    const end = middle + 5 + Math.floor(random() * 10);
    const unpark = { start: end, end: end + 3 };
    const pieces = splitAtSpans(
      [
        { start, end: middle },
        { start: middle, end, unpark },
      ],
      target,
    );
    let at = start;
    for (const piece of pieces) {
      expect(piece.start).toBe(at);
      const ids = target.slice(piece.start, piece.end);
      expect(ids.length).toBeGreaterThan(0);
      if (piece.isSpan) expect(new Set(ids).size === 1 && ids[0]! < 0).toBe(true);
      else expect(ids.every((id) => id >= 0)).toBe(true);
      expect(piece.unpark).toEqual(piece.end === end ? unpark : undefined);
      at = piece.end;
    }
    expect(at).toBe(end);
    for (const [index, piece] of pieces.entries()) {
      const next = pieces[index + 1];
      if (next === undefined || piece.end === middle) continue;
      expect(
        piece.isSpan && next.isSpan
          ? target[piece.start] !== target[next.start]
          : piece.isSpan !== next.isSpan,
      ).toBe(true);
    }
  }
});

test("finds spans that are unknown or not whole", () => {
  const lengths = new Map([[-1, 2]]);
  const broken = (target: number[]) => findBrokenSpan(target, (id) => lengths.get(id));
  expect(broken([3, -1, -1, 4])).toBe(-1);
  expect(broken([-1, -1, -1, -1, 4])).toBe(-1);
  expect(broken([3, -1, 4])).toBe(1);
  expect(broken([3, -1, -1, -1])).toBe(1);
  expect(broken([3, -1, -1, -2])).toBe(3);
});
