import { describe, expect, it } from "vitest";
import { ChatModelFunctionsDocumentationGenerator } from "./functions-documentation.ts";
import { jsonDumps } from "./json-dumps.ts";
import { typescriptTypeOfSchema } from "./typescript-type-of-schema.ts";

describe("jsonDumps", () => {
  it("writes JSON as Python does", () => {
    expect(jsonDumps({ a: [1, "x,\n", null], b: {}, c: [], d: { e: true } })).toBe(
      '{"a": [1, "x,\\n", null], "b": {}, "c": [], "d": {"e": true}}',
    );
    expect(jsonDumps("é")).toBe('"é"');
    expect(jsonDumps(undefined)).toBe("null");
  });

  it("parses back to the value", () => {
    const value = { text: 'a, b: "c"', list: [{ x: -1.5e9 }] };
    expect(JSON.parse(jsonDumps(value))).toEqual(value);
  });
});

describe("typescriptTypeOfSchema", () => {
  it.each([
    [{ type: "string" }, "string"],
    [{ type: ["number", "null"] }, "number | null"],
    [{ enum: ["a", 1, null] }, '"a" | 1 | null'],
    [{ const: "x" }, '"x"'],
    [{ oneOf: [{ type: "string" }, { type: "boolean" }] }, "string | boolean"],
    [{ type: "array", items: { enum: [1, 2] } }, "(1 | 2)[]"],
    [
      { type: "array", prefixItems: [{ type: "string" }], items: { type: "number" } },
      "[string, ...number[]]",
    ],
    [{ type: "array", items: { type: "number" }, minItems: 2, maxItems: 2 }, "[number, number]"],
    [{ type: "array", maxItems: 0 }, "[]"],
    [{ type: "object", additionalProperties: { type: "integer" } }, "{[key: string]: integer}"],
    [
      { type: "object", properties: { a: { type: "string" }, "b c": { type: "null" } } },
      '{a: string, "b c": null}',
    ],
    [{}, "any"],
  ])("%j", (schema, type) => {
    expect(typescriptTypeOfSchema(schema)).toBe(type);
  });

  it("writes descriptions and limits as comments", () => {
    const schema = {
      type: "object",
      properties: {
        name: { type: "string", description: "Full\nname", maxLength: 9 },
        age: { type: "number" },
      },
    };
    expect(typescriptTypeOfSchema(schema)).toBe(
      "{\n    // Full\n    // name\n    // maximum length: 9\n    name: string,\n    age: number\n}",
    );
  });

  it("cuts off definitions within themselves", () => {
    const schema = {
      $ref: "#/$defs/node",
      $defs: { node: { type: "object", properties: { next: { $ref: "#/$defs/node" } } } },
    };
    expect(typescriptTypeOfSchema(schema)).toBe("/* Type: node */ {next: /* node type */ any}");
  });

  it("marks what may be left out, in the standard dialect only", () => {
    const schema = {
      type: "object",
      properties: { a: { type: "string" }, b: { type: "object", properties: { c: { type: "null" } } } },
      required: ["a"],
    };
    expect(typescriptTypeOfSchema(schema)).toBe("{a: string, b: {c: null}}");
    expect(typescriptTypeOfSchema(schema, "standard")).toBe("{a: string, b?: {c?: null}}");
    const documentation = (paramsDialect?: "standard") =>
      new ChatModelFunctionsDocumentationGenerator({ f: { params: schema, paramsDialect } });
    expect(documentation("standard").getTypeScriptFunctionSignatures()).toBe(
      "function f(params: {a: string, b?: {c?: null}});",
    );
    expect(documentation().getTypeScriptFunctionTypes()).toBe(
      "type f = (_: {a: string, b: {c: null}}) => any;",
    );
  });
});

describe("ChatModelFunctionsDocumentationGenerator", () => {
  const functions = {
    getDate: { description: "Today\nas text" },
    getTime: {
      description: "The time",
      params: { type: "object", properties: { hours: { enum: ["24", "12"] } } },
    },
  };
  const generator = new ChatModelFunctionsDocumentationGenerator(functions);

  it("knows whether there is anything to describe", () => {
    expect(generator.hasAnyFunctions).toBe(true);
    expect(new ChatModelFunctionsDocumentationGenerator({}).hasAnyFunctions).toBe(false);
    expect(new ChatModelFunctionsDocumentationGenerator(undefined).getTypeScriptFunctionSignatures()).toBe(
      "",
    );
  });

  it("writes TypeScript signatures", () => {
    expect(generator.getTypeScriptFunctionSignatures()).toBe(
      '// Today\n// as text\nfunction getDate();\n\n// The time\nfunction getTime(params: {hours: "24" | "12"});',
    );
    expect(generator.getTypeScriptFunctionSignatures({ documentParams: false })).toContain(
      "function getTime(params);",
    );
  });

  it("writes TypeScript types and refuses reserved names", () => {
    expect(generator.getTypeScriptFunctionTypes()).toBe(
      '// Today\n// as text\ntype getDate = () => any;\n\n// The time\ntype getTime = (_: {hours: "24" | "12"}) => any;',
    );
    expect(() => generator.getTypeScriptFunctionTypes({ reservedFunctionNames: ["getDate"] })).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });

  it("writes the JSON forms of Llama, Qwen and Seed", () => {
    const time =
      '{"name": "getTime", "description": "The time", "parameters": {"type": "object", "properties": {"hours": {"enum": ["24", "12"]}}}}';
    expect(generator.getLlama3_2LightweightFunctionSignatures()).toBe(
      `{"name": "getDate", "description": "Today\\nas text"}\n\n${time}`,
    );
    expect(generator.getLlama3_1FunctionSignatures()).toBe(
      `Use the function 'getDate' to: Today\nas text\n{"name": "getDate", "description": "Today\\nas text"}\n\n` +
        `Use the function 'getTime' to: The time\n${time}`,
    );
    expect(generator.getQwenFunctionSignatures().split("\n")[1]).toBe(
      `{"type": "function", "function": ${time}}`,
    );
    expect(JSON.parse(generator.getSeedFunctionSignatures())).toEqual(generator.toJinjaTools());
  });
});
