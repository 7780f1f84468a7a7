import { expect, test } from "vitest";
import { clip, renderResult } from "./function-result.ts";

test("strings as they are, the rest as JSON, undefined as nothing", () => {
  expect(renderResult('a "b"')).toEqual({ text: 'a "b"' });
  expect(renderResult("")).toEqual({ text: "" });
  expect(renderResult([1, null, { a: "b" }])).toEqual({ text: '[1,null,{"a":"b"}]' });
  expect(renderResult(undefined)).toEqual({ text: undefined });
});

test("what JSON cannot say is an error", () => {
  const cycle: unknown[] = [];
  cycle.push(cycle);
  for (const value of [cycle, 1n, () => 1, Symbol("a")]) {
    expect(renderResult(value)).toEqual({ error: "the result cannot be written as JSON" });
  }
});

test("a long text is cut, but no character is", () => {
  expect(clip("abc", 3)).toBe("abc");
  expect(clip("abcd", 3)).toBe("abc… (4 characters in all)");
  expect(clip("ab😀d", 3)).toBe("ab… (5 characters in all)");
  expect(clip("ab😀d", 4)).toBe("ab😀… (5 characters in all)");
});
