import { describe, expect, expectTypeOf, test } from "vitest";
import { type ChatSessionModelFunctions, defineChatSessionFunction } from "./chat-session-function.ts";

describe("defineChatSessionFunction", () => {
  test("infers the handler's parameters from the schema", () => {
    const getFruitPrice = defineChatSessionFunction({
      description: "Get the price of a fruit",
      params: {
        type: "object",
        properties: {
          name: { type: "string" },
          count: { type: "integer" },
          size: { enum: ["small", "large"] },
          tags: { type: "array", items: { type: "string" } },
        },
      },
      async handler(params) {
        expectTypeOf(params.name).toEqualTypeOf<string>();
        expectTypeOf(params.count).toEqualTypeOf<number>();
        expectTypeOf(params.size).toEqualTypeOf<"small" | "large">();
        expectTypeOf(params.tags).toEqualTypeOf<string[]>();
        // @ts-expect-error the schema has no such property
        params.color;
        return params.name.toLowerCase();
      },
    });
    const functions: ChatSessionModelFunctions = { getFruitPrice };
    expect(Object.keys(functions)).toEqual(["getFruitPrice"]);
    expect(getFruitPrice.params).toMatchObject({ type: "object" });
  });

  test("a function without a schema gets nothing", () => {
    const getDate = defineChatSessionFunction({
      handler(params) {
        expectTypeOf(params).toEqualTypeOf<undefined>();
        return "today";
      },
    });
    expect(getDate.params).toBeUndefined();
    expect(getDate.handler(undefined)).toBe("today");
  });

  test("a schema that cannot be is a type error", () => {
    // @ts-expect-error "strin" is no type
    const wrong = defineChatSessionFunction({ params: { type: "strin" }, handler: () => 1 });
    expect(wrong.handler).toBeTypeOf("function");
  });
});
