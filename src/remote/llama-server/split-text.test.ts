import { expect, test } from "vitest";
import { createRandom } from "../../engine/sampling/random.ts";
import { splitText } from "./split-text.ts";

test("finds the only way, and nothing where there are several or none", () => {
  const vocabulary = new Map([
    ["a", [1]],
    ["b", [2]],
    ["ab", [3]],
    ["bc", [4, 5]],
  ]);
  expect(splitText("ab", 2, vocabulary)).toEqual([1, 2]);
  expect(splitText("ab", 1, vocabulary)).toEqual([3]);
  expect(splitText("abc", 2, vocabulary)).toBeUndefined();
  expect(splitText("ab", 3, vocabulary)).toBeUndefined();
  expect(splitText("", 0, vocabulary)).toEqual([]);
});

test("every answer is the only one that a search of all tokens finds", () => {
  const random = createRandom(4);
  const pieces = ["a", "b", "ab", "ba", "aa"];
  const vocabulary = new Map(pieces.map((piece, id) => [piece, [id]]));
  const ways = (text: string, count: number): number[][] =>
    count === 0
      ? text === ""
        ? [[]]
        : []
      : pieces.flatMap((piece, id) =>
          text.startsWith(piece)
            ? ways(text.slice(piece.length), count - 1).map((rest) => [id, ...rest])
            : [],
        );
  let unique = 0;
  for (let round = 0; round < 500; round++) {
    const text = Array.from(
      { length: 1 + Math.floor(random.next() * 6) },
      () => "ab"[Math.floor(random.next() * 2)],
    ).join("");
    const count = 1 + Math.floor(random.next() * 5);
    const found = ways(text, count);
    if (found.length === 1) unique++;
    expect(splitText(text, count, vocabulary)).toEqual(found.length === 1 ? found[0] : undefined);
  }
  expect(unique).toBeGreaterThan(50);
});
