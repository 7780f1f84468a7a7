import { describe, expect, test } from "vitest";
import { ColloquyError } from "../../base/errors.ts";
import { compileGrammar } from "../compiled-grammar.ts";
import { schemaToGrammar } from "./schema-to-grammar.ts";

function refusal(schema: unknown): string {
  try {
    schemaToGrammar(schema);
  } catch (error) {
    if (error instanceof ColloquyError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "accepted";
}

describe("keywords that no grammar expresses", () => {
  test.each<[string, unknown]>([
    ["not", {}],
    ["if", {}],
    ["then", {}],
    ["else", {}],
    ["contains", {}],
    ["minContains", 1],
    ["maxContains", 1],
    ["uniqueItems", true],
    ["additionalItems", false],
    ["dependencies", {}],
    ["dependentRequired", {}],
    ["dependentSchemas", {}],
    ["propertyNames", {}],
    ["unevaluatedItems", false],
    ["unevaluatedProperties", false],
    ["contentEncoding", "base64"],
    ["contentMediaType", "text/html"],
    ["$anchor", "here"],
    ["$dynamicRef", "#here"],
    ["$dynamicAnchor", "here"],
    ["$id", "https://example.org/inner"],
    ["$vocabulary", {}],
    ["divisibleBy", 3],
    ["minlength", 3],
  ])("%s is refused by its path and its name", (keyword, value) => {
    const schema = { type: "object", properties: { a: { type: "array", items: { [keyword]: value } } } };
    expect(refusal(schema)).toContain(
      `grammar-unsupported: JSON schema #/properties/a/items/${keyword}: keyword "${keyword}"`,
    );
  });

  test.each([["$id"], ["id"], ["x-order"], ["title"], ["$comment"], ["$schema"]])(
    "%s says nothing",
    (keyword) => {
      const grammar = compileGrammar(
        schemaToGrammar({ type: "boolean", [keyword]: "https://example.org/a" }),
      );
      expect(["true", "false", "null"].map((text) => grammar.matches(text))).toEqual([true, true, false]);
    },
  );

  test("an inner id would move references, so it is refused", () => {
    expect(refusal({ type: "array", items: { id: "https://example.org/a" } })).toContain("#/items/id");
  });
});
