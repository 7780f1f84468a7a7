import { describe, expect, it } from "vitest";
import { ColloquyError } from "../../base/errors.ts";
import { naiveAccepts } from "./naive-grammar.test.twin.ts";
import type { JsonSchemaOptions } from "./schema-options.ts";
import { schemaToGrammar } from "./schema-to-grammar.ts";

interface Row {
  readonly schema: unknown;
  readonly accepts?: readonly string[];
  readonly rejects?: readonly string[];
}

function check(rows: readonly Row[], options: JsonSchemaOptions): void {
  for (const { schema, accepts = [], rejects = [] } of rows) {
    const grammar = schemaToGrammar(schema, options);
    for (const text of accepts)
      expect.soft(naiveAccepts(grammar, text), `${JSON.stringify(schema)} ← ${text}`).toBe(true);
    for (const text of rejects)
      expect.soft(naiveAccepts(grammar, text), `${JSON.stringify(schema)} ↚ ${text}`).toBe(false);
  }
}

function failure(schema: unknown, options: JsonSchemaOptions = {}): string {
  try {
    schemaToGrammar(schema, options);
  } catch (error) {
    if (error instanceof ColloquyError) return `${error.code}: ${error.message}`;
    throw error;
  }
  return "accepted";
}

const node = {
  type: "object",
  properties: { next: { anyOf: [{ $ref: "#/$defs/node" }, { type: "null" }] } },
};

describe("schemaToGrammar, both dialects", () => {
  const rows: Row[] = [
    { schema: { type: "null" }, accepts: ["null"], rejects: ["true", "nul", ""] },
    { schema: { type: "boolean" }, accepts: ["true", "false"], rejects: ["True", "0"] },
    { schema: { type: ["boolean", "null"] }, accepts: ["true", "null"], rejects: ["1"] },
    { schema: { type: "boolean", nullable: true }, accepts: ["true", "null"], rejects: ["1"] },
    { schema: { const: { a: [1, "x"] } }, accepts: ['{"a": [1, "x"]}'], rejects: ['{"a":[1,"x"]}'] },
    { schema: { enum: [1, "a", null] }, accepts: ["1", '"a"', "null"], rejects: ["2", "a"] },
    { schema: { enum: [1, "a", null], type: "string" }, accepts: ['"a"'], rejects: ["1", "null"] },
    {
      schema: { type: "string" },
      accepts: ['""', '"a\\n\\u00e9\\uD83D\\uDE00é😀"', '"\\/"'],
      rejects: ['"\n"', '"\\uD83D"', '"\\x"', '"a', "'a'"],
    },
    {
      schema: { type: "string", minLength: 2, maxLength: 3 },
      accepts: ['"ab"', '"\\n\\uD83D\\uDE00é"', '"😀😀😀"'],
      rejects: ['"a"', '"abcd"', '"\\n"'],
    },
    { schema: { type: "string", maxLength: 0 }, accepts: ['""'], rejects: ['"a"'] },
    {
      schema: { type: "string", pattern: '^["\\\\\\n]+$' },
      accepts: ['"\\"\\\\\\n"'],
      rejects: ['""', '"\\u0022"', '"n"'],
    },
    { schema: { type: "string", pattern: "b" }, accepts: ['"b"', '"abc"'], rejects: ['"ac"', '"\\u0062"'] },
    {
      schema: { type: "string", pattern: "^[ab]*$", minLength: 2, maxLength: 3 },
      accepts: ['"ab"', '"bbb"'],
      rejects: ['"a"', '"abab"', '"ac"'],
    },
    {
      schema: { allOf: [{ type: "string", pattern: "^a" }, { pattern: "b$" }] },
      accepts: ['"ab"', '"axb"'],
      rejects: ['"a"', '"b"'],
    },
    {
      schema: { type: "integer" },
      accepts: ["0", "-12", "999999999999999"],
      rejects: ["01", "1.0", "1e3", "-", "1000000000000000"],
    },
    {
      schema: { type: "number" },
      accepts: ["0", "-1.50", "1e-7", "2E+21"],
      rejects: ["1.", ".5", "1e400", "+1"],
    },
    {
      schema: { type: "integer", minimum: -5, maximum: 120 },
      accepts: ["-5", "-1", "0", "9", "10", "99", "100", "120"],
      rejects: ["-6", "-0", "121", "200", "05"],
    },
    {
      schema: { type: "integer", exclusiveMinimum: 1.5, exclusiveMaximum: 4 },
      accepts: ["2", "3"],
      rejects: ["1", "4"],
    },
    {
      schema: { type: "number", minimum: 0, exclusiveMaximum: 1 },
      accepts: ["0", "0.0", "0.5", "0.99999"],
      rejects: ["1", "1.0", "-0.1", "1e-3"],
    },
    {
      schema: { type: "number", minimum: 1.25, maximum: 1.3 },
      accepts: ["1.25", "1.3", "1.30"],
      rejects: ["1.2", "1.31", "1"],
    },
    {
      schema: { type: "number", minimum: 100 },
      accepts: ["100", "100.5", "5000"],
      rejects: ["99.9", "-100"],
    },
    { schema: { type: "integer", multipleOf: 100 }, accepts: ["0", "-300", "1500"], rejects: ["150", "00"] },
    {
      schema: { type: "integer", multipleOf: 7, minimum: 1, maximum: 30 },
      accepts: ["7", "28"],
      rejects: ["0", "35", "8"],
    },
    {
      schema: { type: "array", items: { type: "integer" }, minItems: 1, maxItems: 3 },
      accepts: ["[1]", "[1, 2, 3]"],
      rejects: ["[]", "[1,2]", "[1, 2, 3, 4]", "[1, ]"],
    },
    { schema: { type: "array", maxItems: 0 }, accepts: ["[]"], rejects: ["[1]"] },
    { schema: { type: "array", items: { type: "null" } }, accepts: ["[]", "[null, null]"], rejects: ["[1]"] },
    {
      schema: { type: "array", prefixItems: [{ const: 1 }, { const: 2 }], items: { const: 3 }, minItems: 2 },
      accepts: ["[1, 2]", "[1, 2, 3, 3]"],
      rejects: ["[1]", "[1, 3]", "[1, 2, 2]"],
    },
    { schema: { anyOf: [{ const: 1 }, { const: 2 }], enum: [2, 3] }, accepts: ["2"], rejects: ["1", "3"] },
    { schema: {}, accepts: ["1", '{"a": [{}, []]}', '"x"'], rejects: ["", "{a: 1}"] },
    {
      schema: {
        type: "object",
        additionalProperties: { type: "integer" },
        maxProperties: 2,
        minProperties: 1,
      },
      accepts: ['{"a": 1}', '{"a": 1, "b": 2}'],
      rejects: ["{}", '{"a": 1, "b": 2, "c": 3}', '{"a": "x"}'],
    },
    {
      schema: {
        type: "object",
        patternProperties: { "^n_": { type: "integer" }, _s$: { type: ["integer", "string"] } },
        additionalProperties: false,
      },
      accepts: ['{"n_a": 1, "a_s": "x", "n_s": 1}', "{}"],
      rejects: ['{"n_s": "x"}', '{"b": 1}', '{"n_a": "x"}'],
    },
    {
      schema: {
        type: "object",
        patternProperties: { "^n_": { const: 1 } },
        additionalProperties: { const: 2 },
      },
      accepts: ['{"n_a": 1, "b": 2}'],
      rejects: ['{"n_a": 2}', '{"b": 1}'],
    },
    { schema: { $defs: { a: { const: 1 } }, $ref: "#/$defs/a" }, accepts: ["1"], rejects: ["2"] },
  ];
  it("accepts and rejects the table, standard", () => check(rows, { dialect: "standard" }));
  it("accepts and rejects the table, guide", () => check(rows, { dialect: "guide" }));
});

describe("schemaToGrammar, the guide's dialect", () => {
  it("writes all properties in order, whatever is required", () => {
    const schema = { type: "object", properties: { a: { const: 1 }, b: { const: 2 } }, required: ["a"] };
    check(
      [
        {
          schema,
          accepts: ['{"a": 1, "b": 2}'],
          rejects: ['{"a": 1}', '{"b": 2, "a": 1}', '{"a": 1, "b": 2, "c": 3}'],
        },
      ],
      {},
    );
  });

  it("recurses and finds nested definitions", () => {
    check(
      [
        {
          schema: { $defs: { node }, $ref: "#/$defs/node" },
          accepts: ['{"next": {"next": null}}'],
          rejects: ["{}", "null"],
        },
        {
          schema: {
            $defs: { a: { const: 1 } },
            type: "array",
            items: { $defs: { a: { const: 2 } }, oneOf: [{ $ref: "#/$defs/a" }] },
          },
          accepts: ["[2]"],
          rejects: ["[1]"],
        },
        { schema: { type: "object" }, accepts: ["{}"], rejects: ['{"a": 1}'] },
        { schema: { oneOf: [{ type: "string" }, { const: "a" }] }, accepts: ['"a"'] },
        {
          schema: {
            allOf: [
              { type: "object", properties: { a: { const: 1 } } },
              { type: "object", properties: { b: { const: 2 } } },
            ],
          },
          accepts: ['{"a": 1, "b": 2}'],
          rejects: ['{"a": 1}'],
        },
        {
          schema: { type: "object", additionalProperties: true, minProperties: 2 },
          accepts: ['{"a": 1, "b": 2}'],
          rejects: ['{"a": 1}'],
        },
      ],
      { dialect: "guide" },
    );
  });
});

describe("schemaToGrammar, the standard dialect", () => {
  it("leaves out optional properties, commas right, and keeps other names apart", () => {
    const properties = { a: { const: 1 }, b: { const: 2 }, c: { const: 3 } };
    check(
      [
        {
          schema: { type: "object", properties, required: ["b"], additionalProperties: false },
          accepts: ['{"b": 2}', '{"a": 1, "b": 2}', '{"b": 2, "c": 3}', '{"a": 1, "b": 2, "c": 3}'],
          rejects: ["{}", '{"a": 1}', '{, "b": 2}', '{"b": 2, }', '{"c": 3, "b": 2}', '{"a": 1"b": 2}'],
        },
        {
          schema: {
            type: "object",
            properties,
            minProperties: 2,
            maxProperties: 2,
            additionalProperties: false,
          },
          accepts: ['{"a": 1, "b": 2}', '{"a": 1, "c": 3}', '{"b": 2, "c": 3}'],
          rejects: ["{}", '{"a": 1}', '{"a": 1, "b": 2, "c": 3}'],
        },
        {
          schema: { type: "object", properties: { ab: { const: 1 } }, additionalProperties: { const: 2 } },
          accepts: ["{}", '{"a": 2}', '{"abc": 2}', '{"ab": 1, "": 2}', '{"x": 2}'],
          rejects: ['{"ab": 2}', '{"\\u0061b": 2}', '{"ab": 1, "ab": 2}'],
        },
        { schema: { type: "object", required: ["z"] }, accepts: ['{"z": 1, "y": 2}'], rejects: ['{"y": 2}'] },
        {
          schema: { type: "array", prefixItems: [{ const: 1 }, { const: 2 }], items: false },
          accepts: ["[]", "[1]", "[1, 2]"],
          rejects: ["[2]", "[1, 2, 3]"],
        },
        {
          schema: {
            oneOf: [
              { properties: { t: { const: "a" } }, required: ["t"] },
              { properties: { t: { const: "b" } }, required: ["t"] },
            ],
            type: "object",
          },
          accepts: ['{"t": "a"}', '{"t": "b", "x": 1}'],
          rejects: ["{}", '{"t": "c"}'],
        },
        {
          schema: {
            definitions: { a: { items: { $ref: "#" } } },
            type: "array",
            items: { $ref: "#/definitions/a" },
          },
          accepts: ["[[[]]]"],
          rejects: ["[1]"],
        },
      ],
      { dialect: "standard" },
    );
  });
});

describe("schemaToGrammar, white space", () => {
  const schema = {
    type: "object",
    properties: { a: { type: "array", items: { const: 1 } }, b: { const: 2 } },
  };
  it("has one form unless flexible", () => {
    check([{ schema, accepts: ['{"a":[1,1],"b":2}'], rejects: ['{"a": [1]}'] }], { whitespace: "compact" });
    check([{ schema, accepts: ['{"a": [1, 1], "b": 2}'], rejects: ['{"a":[1,1],"b":2}'] }], {});
    const pretty = JSON.stringify({ a: [1, 1], b: 2 }, undefined, 2);
    const accepts = [pretty, '{"a":[1,1],"b":2}', '{"a": [1, 1], "b": 2}'];
    check([{ schema, accepts, rejects: ['{"a":  [1],"b":2}', `{\n${" ".repeat(33)}"a":[],"b":2}`] }], {
      whitespace: "flexible",
    });
  });
});

describe("schemaToGrammar refuses by name", () => {
  const cases: [schema: unknown, expected: string, dialect?: "standard"][] = [
    [
      { type: "object", properties: { a: { not: {} } } },
      "grammar-unsupported: JSON schema #/properties/a/not",
    ],
    [{ type: "string", format: "hostname" }, "grammar-unsupported: JSON schema #/format"],
    [{ type: "array", items: { uniqueItems: true } }, "grammar-unsupported: JSON schema #/items/uniqueItems"],
    [{ type: "array", items: [{}] }, "grammar-unsupported: JSON schema #/items"],
    [{ "y/z": 1 }, "grammar-unsupported: JSON schema #/y~1z"],
    [{ type: "text" }, "grammar-invalid: JSON schema #/type"],
    [{ type: "string", minLength: -1 }, "grammar-invalid: JSON schema #/minLength"],
    [{ type: "string", pattern: "(?=a)" }, "grammar-unsupported: JSON schema #/pattern"],
    [{ type: "string", pattern: "(" }, "grammar-invalid: JSON schema #/pattern"],
    [{ $ref: "#/$defs/a" }, "grammar-invalid: JSON schema #/$ref"],
    [{ $ref: "http://x/y" }, "grammar-unsupported: JSON schema #/$ref"],
    [{ $ref: "#" }, "grammar-invalid: JSON schema #:"],
    [
      { $defs: { n: { type: "object", properties: { n: { $ref: "#/$defs/n" } } } }, $ref: "#/$defs/n" },
      "grammar-unsupported: JSON schema #:",
    ],
    [{ type: "integer", minimum: 5, maximum: 4 }, "grammar-unsupported: JSON schema #:"],
    [
      { type: "object", properties: { a: { type: "string", minLength: 2, maxLength: 1 } } },
      "grammar-unsupported: JSON schema #/properties/a:",
    ],
    [{ enum: [1], type: "string" }, "grammar-unsupported: JSON schema #:"],
    [{ allOf: [{ type: "string" }, { type: "null" }] }, "grammar-unsupported: JSON schema #:"],
    [false, "grammar-unsupported: JSON schema #:"],
    [{ type: "number", multipleOf: 0.1 }, "grammar-unsupported: JSON schema #"],
    [{ type: "integer", multipleOf: 7 }, "grammar-unsupported: JSON schema #/multipleOf"],
    [{ type: "integer", minimum: 1e15 }, "grammar-unsupported: JSON schema #/minimum"],
    [{ type: "array", minItems: 1e9 }, "grammar-limit: JSON schema #/minItems"],
    [
      { oneOf: [{ type: "string" }, { minLength: 1 }] },
      "grammar-unsupported: JSON schema #/oneOf",
      "standard",
    ],
    [
      { oneOf: [{ required: ["a"] }, { const: "x" }] },
      "grammar-unsupported: JSON schema #/oneOf",
      "standard",
    ],
    [{ type: "object", minProperties: 2 }, "grammar-unsupported: JSON schema #/minProperties", "standard"],
    [{ const: () => 1 }, "grammar-invalid: JSON schema #/const"],
    [null, "grammar-invalid: JSON schema #"],
  ];
  it.each(cases)("%j", (schema, expected, dialect) => {
    expect(failure(schema, { dialect })).toContain(expected);
  });

  it("refuses unknown options", () => {
    expect(failure({}, { dialect: "draft-04" as "guide" })).toContain("invalid-argument: dialect");
    expect(failure({}, { whitespace: "any" as "natural" })).toContain("invalid-argument: whitespace");
  });

  it("stays small and quick on hostile schemas", () => {
    let deep: unknown = {};
    for (let depth = 0; depth < 300; depth++) deep = { items: deep };
    expect(failure(deep)).toContain("grammar-limit");
    const two = { anyOf: [{ minLength: 1 }, { maxLength: 9 }] };
    const wide = {
      allOf: Array.from({ length: 40 }, (_, i) => ({ anyOf: [{ minLength: i }, { maxLength: 50 + i }] })),
    };
    expect(failure(wide)).toContain("grammar-limit");
    expect(failure({ allOf: [two, two] })).toBe("accepted");
    expect(failure({ allOf: [{ type: "string", pattern: "a.{18}$" }, { pattern: "b.{17}$" }] })).toContain(
      "grammar-limit",
    );
    const cyclic: Record<string, unknown> = {};
    cyclic.items = cyclic;
    expect(failure(cyclic)).toContain("grammar-limit");
  });

  it("takes a smaller maximum length where counting would take too many states", () => {
    for (const maxLength of [20, 40, 100, 1000, 100_000]) {
      const schema = { type: "object", properties: { a: { type: "string", format: "email", maxLength } } };
      const grammar = schemaToGrammar(schema);
      expect(naiveAccepts(grammar, '{"a": "jane.doe@mail.org"}'), String(maxLength)).toBe(true);
      expect(naiveAccepts(grammar, `{"a": "${"a".repeat(maxLength)}@b.cc"}`), String(maxLength)).toBe(false);
    }
    check(
      [
        {
          schema: { type: "string", pattern: "^[a-z]+$", maxLength: 3 },
          accepts: ['"abc"'],
          rejects: ['""', '"abcd"'],
        },
      ],
      {},
    );
    expect(failure({ type: "string", pattern: "^(a|bc)*.{900}$", minLength: 5000 })).toContain(
      "grammar-limit",
    );
  });

  it("grows linearly with optional properties", () => {
    const properties = Object.fromEntries(Array.from({ length: 300 }, (_, i) => [`p${i}`, { const: i }]));
    const grammar = schemaToGrammar({ type: "object", properties }, { dialect: "standard" });
    expect(grammar.rules.size).toBeLessThan(8000);
    expect(naiveAccepts(grammar, '{"p3": 3, "p299": 299, "p300": 0}')).toBe(true);
  });
});
