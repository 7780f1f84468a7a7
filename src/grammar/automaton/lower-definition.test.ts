import { describe, expect, it } from "vitest";
import { compileGrammar } from "../compiled-grammar.ts";
import { literal } from "../ir.ts";
import { parsePattern } from "../regex/parse-pattern.ts";

describe("half of a surrogate pair in a text", () => {
  it.each([
    ["a literal", () => literal("a\ude00")],
    ["a pattern", () => parsePattern("^a\ude00$")],
  ])("is refused in %s: UTF-8 has no bytes for it", (_, node) => {
    const compile = () => compileGrammar({ root: "root", rules: new Map([["root", node()]]) });
    expect(compile).toThrowError(expect.objectContaining({ code: "grammar-invalid" }));
  });

  it("is no half when both are there", () => {
    expect(compileGrammar({ root: "root", rules: new Map([["root", literal("😀")]]) }).matches("😀")).toBe(
      true,
    );
  });
});
