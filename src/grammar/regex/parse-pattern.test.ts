import { describe, expect, it } from "vitest";
import { ColloquyError } from "../../base/errors.ts";
import { parsePattern } from "./parse-pattern.ts";

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    return error instanceof ColloquyError ? error.code : "not ours";
  }
  return undefined;
}

describe("parsePattern", () => {
  it("wraps an unanchored pattern in anything", () => {
    expect(parsePattern("a")).toMatchObject({
      type: "sequence",
      items: [{ type: "repeat" }, { type: "literal", text: "a" }, { type: "repeat" }],
    });
    expect(parsePattern("^a$")).toEqual({ type: "literal", text: "a" });
    expect(parsePattern("a", { anchored: true })).toEqual({ type: "literal", text: "a" });
  });

  it.each(["(?=a)", "(?!a)", "(?<=a)", "(?<!a)", "\\ba", "(a)\\1", "(?<n>a)\\k<n>", "(?i)a", "a^b", "(^a)+"])(
    "refuses %s by name",
    (pattern) => {
      expect(codeOf(() => parsePattern(pattern))).toBe("grammar-unsupported");
    },
  );

  it.each([
    "(",
    ")",
    "a)",
    "[a",
    "a**",
    "*",
    "a{2,1}",
    "{",
    "a{",
    "\\",
    "[z-a]",
    "\\p{Nope}",
    "\\u{110000}",
    "\\e",
    "(?<a😀>b)",
    "(?<>b)",
    "(?<n>a)|(?<n>b)",
  ])("refuses the malformed %s", (pattern) => {
    expect(codeOf(() => parsePattern(pattern))).toBe("grammar-invalid");
  });

  it("has limits", () => {
    expect(codeOf(() => parsePattern("(".repeat(5000)))).toBe("grammar-limit");
    expect(codeOf(() => parsePattern("a".repeat(100_000)))).toBe("grammar-limit");
    expect(codeOf(() => parsePattern("a{99999999}"))).toBe("grammar-limit");
    const properties = "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps"
      .split(" ")
      .map((name) => `\\p{${name}}`);
    expect(codeOf(() => parsePattern(properties.join("")))).toBe("grammar-limit");
    expect(codeOf(() => parsePattern(properties.slice(0, 12).join("")))).toBeUndefined();
  });
});
