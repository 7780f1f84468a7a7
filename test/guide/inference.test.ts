import { defineChatSessionFunction, LlamaJsonSchemaGrammar } from "colloquy";
import { expect, expectTypeOf, test } from "vitest";

test("the type of a parsed value follows from the schema", () => {
  const grammar = new LlamaJsonSchemaGrammar({
    type: "object",
    properties: {
      words: { type: "array", items: { type: "string" } },
      score: { enum: [1, 2, 3] },
      name: { oneOf: [{ type: "null" }, { type: "string" }] },
      kind: { const: "person" },
    },
  });
  const value = grammar.parse('{"words": ["hi"], "score": 2, "name": null, "kind": "person"}');
  expectTypeOf(value.words).toEqualTypeOf<string[]>();
  expectTypeOf(value.score).toEqualTypeOf<1 | 2 | 3>();
  expectTypeOf(value.name).toEqualTypeOf<string | null>();
  expectTypeOf(value.kind).toEqualTypeOf<"person">();
  expect(value).toEqual({ words: ["hi"], score: 2, name: null, kind: "person" });
});

test("the parameters of a handler follow from the schema", () => {
  const withParams = defineChatSessionFunction({
    params: { type: "object", properties: { name: { type: "string" }, count: { type: "integer" } } },
    handler(params) {
      expectTypeOf(params.name).toEqualTypeOf<string>();
      expectTypeOf(params.count).toEqualTypeOf<number>();
      // @ts-expect-error the schema has no such property
      return params.price;
    },
  });
  expect(withParams.handler({ name: "apple", count: 1 })).toBeUndefined();
  const without = defineChatSessionFunction({
    handler(params) {
      expectTypeOf(params).toEqualTypeOf<undefined>();
      return 1;
    },
  });
  expect(without.handler(undefined)).toBe(1);
});
