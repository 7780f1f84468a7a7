import { expect, test } from "vitest";
import { seededRandom } from "../../../test/gguf/seeded-random.ts";
import { editDistance, nearestName } from "./nearest-name.ts";

const names = ["reset", "clear", "undo", "retry", "edit", "remove", "history", "help", "exit"];

test.each([
  ["rest", "reset"],
  ["hsitory", "history"],
  ["hist", "history"],
  ["unod", "undo"],
  ["hepl", "help"],
  ["exits", "exit"],
  ["frobnicate", undefined],
  ["x", undefined],
])("%s means %s", (typed, name) => {
  expect(nearestName(typed, names)).toBe(name);
});

/** The definition, without a table: optimal string alignment. */
function slowDistance(a: string, b: string): number {
  if (a === "" || b === "") return a.length + b.length;
  const costs = [
    slowDistance(a.slice(1), b) + 1,
    slowDistance(a, b.slice(1)) + 1,
    slowDistance(a.slice(1), b.slice(1)) + (a[0] === b[0] ? 0 : 1),
  ];
  if (a.length > 1 && b.length > 1 && a[0] === b[1] && a[1] === b[0])
    costs.push(slowDistance(a.slice(2), b.slice(2)) + 1);
  return Math.min(...costs);
}

test("the distance is that of its definition", () => {
  const random = seededRandom(7);
  const word = () =>
    Array.from({ length: Math.floor(random() * 6) }, () => "abc"[Math.floor(random() * 3)]).join("");
  for (let round = 0; round < 300; round++) {
    const [a, b] = [word(), word()];
    expect([a, b, editDistance(a, b)]).toEqual([a, b, slowDistance(a, b)]);
  }
});
