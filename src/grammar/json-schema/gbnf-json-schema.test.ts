import { describe, expect, expectTypeOf, it } from "vitest";
import type { GbnfJsonSchema } from "./gbnf-json-schema.ts";
import type { GbnfJsonAnyValue, GbnfJsonSchemaToType } from "./gbnf-json-schema-to-type.ts";
import { schemaToGrammar } from "./schema-to-grammar.ts";

/** Has every property, so that only the types of what is read from it count. */
// biome-ignore lint/suspicious/noExplicitAny: it stands for a value of every type
const anything: any = new Proxy(
  {},
  { get: (_, name) => (name === Symbol.toPrimitive ? undefined : anything) },
);

// The signature of createGrammarForJsonSchema. What these tests say about types fails in `tsc` when wrong;
// at run time they show that the schemas are accepted.
function reply<const T extends GbnfJsonSchema<Defs>, const Defs = Record<string, unknown>>(
  schema: Readonly<T> & GbnfJsonSchema<Defs>,
): GbnfJsonSchemaToType<T> {
  schemaToGrammar(schema);
  return anything;
}

describe("GbnfJsonSchemaToType", () => {
  it("infers the guide's example without `as const`", () => {
    const value = reply({
      type: "object",
      properties: {
        positiveWordsInUserMessage: { type: "array", items: { type: "string" } },
        userMessagePositivityScoreFromOneToTen: { enum: [1, 2, 3] },
        nameOfUser: { oneOf: [{ type: "null" }, { type: "string" }] },
      },
    });
    expectTypeOf(value).toEqualTypeOf<{
      positiveWordsInUserMessage: string[];
      userMessagePositivityScoreFromOneToTen: 1 | 2 | 3;
      nameOfUser: string | null;
    }>();
  });

  it("infers basic types", () => {
    expectTypeOf(reply({ type: "integer", minimum: 3 })).toEqualTypeOf<number>();
    expectTypeOf(reply({ type: ["string", "null"] })).toEqualTypeOf<string | null>();
    expectTypeOf(reply({ type: "boolean", nullable: true })).toEqualTypeOf<boolean | null>();
    expectTypeOf(reply({ const: "a" })).toEqualTypeOf<"a">();
    expectTypeOf(reply({ type: "string", format: "date" })).toEqualTypeOf<string>();
    expectTypeOf(reply({ type: "string", maxLength: 0 })).toEqualTypeOf<"">();
    expectTypeOf(reply({ anyOf: [{ const: 1 }, { enum: ["x", null] }] })).toEqualTypeOf<1 | "x" | null>();
  });

  it("infers arrays and tuples", () => {
    expectTypeOf(reply({ type: "array" })).toEqualTypeOf<GbnfJsonAnyValue[]>();
    expectTypeOf(reply({ type: "array", items: { type: "number" }, minItems: 2, maxItems: 2 })).toEqualTypeOf<
      [number, number]
    >();
    expectTypeOf(reply({ type: "array", items: { type: "number" }, minItems: 1 })).toEqualTypeOf<
      [number, ...number[]]
    >();
    expectTypeOf(
      reply({ type: "array", prefixItems: [{ type: "string" }, { const: 1 }], items: { type: "null" } }),
    ).toEqualTypeOf<[string, 1, ...null[]]>();
    expectTypeOf(reply({ type: "array", prefixItems: [{ type: "string" }], maxItems: 1 })).toEqualTypeOf<
      [string]
    >();
  });

  it("infers additional properties", () => {
    expectTypeOf(reply({ type: "object", additionalProperties: { type: "number" } })).toExtend<{
      [key: string]: number;
    }>();
    const value = reply({
      type: "object",
      properties: { a: { type: "string" } },
      additionalProperties: true,
    });
    expectTypeOf(value.a).toEqualTypeOf<string>();
    expectTypeOf(value.other).toEqualTypeOf<GbnfJsonAnyValue | undefined>();
    const closed = reply({
      type: "object",
      properties: { a: { type: "string" } },
      additionalProperties: false,
    });
    expectTypeOf(closed).toEqualTypeOf<{ a: string }>();
  });

  it("follows references, recursive ones too", () => {
    const tree = reply({
      $ref: "#/$defs/node",
      $defs: {
        node: {
          type: "object",
          properties: {
            name: { type: "string" },
            children: { type: "array", items: { $ref: "#/$defs/node" } },
          },
        },
      },
    });
    expectTypeOf(tree.name).toEqualTypeOf<string>();
    expectTypeOf(tree.children[0]!.children[0]!.name).toEqualTypeOf<string>();
  });

  it("refuses what is no schema", () => {
    // @ts-expect-error: there is no such type
    expect(() => reply({ type: "text" })).toThrow("#/type");
    // @ts-expect-error: properties are schemas
    expect(() => reply({ type: "object", properties: { a: 1 } })).toThrow("#/properties");
  });
});
