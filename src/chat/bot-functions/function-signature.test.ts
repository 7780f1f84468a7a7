import { describe, expect, test } from "vitest";
import { readFunctionSignature } from "./function-signature.ts";

describe("readFunctionSignature", () => {
  test.each<[string, readonly string[] | undefined, readonly string[]]>([
    ["function f() {}", [], []],
    ["function f(a, b) { return g(c); }", ["a", "b"], ["a", "b"]],
    ["async function f(a, b = 2) {}", ["a", "b"], ["a"]],
    ["function* f(a) {}", ["a"], ["a"]],
    ["(a, b) => a + b", ["a", "b"], ["a", "b"]],
    ["() => 1", [], []],
    ["a => a", ["a"], ["a"]],
    ["async a => a", ["a"], ["a"]],
    ["async (a) => a", ["a"], ["a"]],
    ["add(a, b = (1, 2), c = [1, 2]) { return (a); }", ["a", "b", "c"], ["a"]],
    ["async add(a) {}", ["a"], ["a"]],
    ['["x(y)"](a) {}', ["a"], ["a"]],
    ["(a /* (first), */, // second\n b = ',)') => 1", ["a", "b"], ["a"]],
    ["(a, ...others) => 1", ["a"], ["a"]],
    ["([a, b]) => 1", undefined, []],
    ["function () { [native code] }", undefined, []],
  ])("%s", (source, names, required) => {
    expect(readFunctionSignature(source)).toMatchObject({ names, required, takesObject: false });
  });

  test("one object pattern: its keys", () => {
    expect(readFunctionSignature("({ city, days: n = 3, units = 'C' }, context) => 1").names).toBeUndefined();
    expect(readFunctionSignature("({ city, days: n = 3, units = 'C' }) => 1")).toMatchObject({
      names: ["city", "days", "units"],
      required: ["city"],
      takesObject: true,
    });
  });

  test("a rest parameter", () => {
    expect(readFunctionSignature("(a, ...others) => 1").rest).toBe(true);
    expect(readFunctionSignature("(a) => 1").rest).toBe(false);
  });

  test.each([
    ["function f(a) { /** Returns it. */ return a; }", "Returns it."],
    ["(a) => { /* One\n   * two.\n */ return a; }", "One\ntwo."],
    ["a => /* Doubles. */ a * 2", "Doubles."],
    ["m() { return 1; /* not leading */ }", ""],
    ["() => {}", ""],
  ])("leading comment of %j", (source, comment) => {
    expect(readFunctionSignature(source).comment).toBe(comment);
  });
});
