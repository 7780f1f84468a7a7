import { Ajv } from "ajv";
import { expect, test } from "vitest";
import { checkAgainstSchema, type JsonSchema, validateSchema } from "./parameter-schema.ts";

const VALUES: readonly unknown[] = [
  null,
  true,
  0,
  3,
  1.5,
  -2,
  "",
  "ab",
  "😀",
  [],
  [1, 2],
  ["a"],
  [[1], [2]],
  {},
  { a: 1 },
  { a: "x", b: 2 },
  { b: [1] },
  { a: null, c: { a: 1 } },
];

const SCHEMAS: readonly JsonSchema[] = [
  {},
  { type: "string" },
  { type: ["number", "null"] },
  { type: "integer", minimum: 0, maximum: 3 },
  { type: "boolean" },
  { enum: [1, "ab", [1, 2], { a: 1 }] },
  { const: { a: 1 } },
  { type: "string", minLength: 1, maxLength: 1 },
  { type: "array", items: { type: "number" }, minItems: 1, maxItems: 2 },
  { items: { items: { type: "integer" } } },
  { type: "object", properties: { a: { type: "number" } }, required: ["a"] },
  { properties: { a: {} }, additionalProperties: false },
  { properties: { a: {} }, additionalProperties: { type: "number" } },
  {
    anyOf: [
      { type: "string", minLength: 2 },
      { type: "object", required: ["b"] },
    ],
  },
  { description: "words", title: "t", default: 3, type: "number" },
];

test("agrees with ajv on every pair of a schema and a value", () => {
  const ajv = new Ajv({ allowUnionTypes: true, strict: false });
  for (const schema of SCHEMAS) {
    validateSchema(schema);
    const validate = ajv.compile(schema);
    for (const value of VALUES) {
      const problem = checkAgainstSchema(value, schema);
      expect({ schema, value, valid: problem === undefined }).toEqual({
        schema,
        value,
        valid: validate(value),
      });
    }
  }
});

test("says where", () => {
  const schema = { properties: { a: { type: "array", items: { enum: ["x", "y"] } } } };
  expect(checkAgainstSchema({ a: ["x", "z"] }, schema)).toBe('a[1] must be one of "x", "y"');
});
