import { describe, expect, it } from "vitest";
import { ColloquyError } from "../../base/errors.ts";
import { isCutShort } from "./is-cut-short.ts";
import { createRandom } from "./naive-grammar.test.twin.ts";
import { LlamaJsonSchemaValidationError, parseJsonReply } from "./parse-json-reply.ts";
import { randomValue } from "./random-schema.test.twin.ts";
import { validateJson } from "./validate-json.ts";

const schema = { type: "object", properties: { a: { type: "integer", minimum: 0 }, b: { type: "string" } } };

function failure(text: string): LlamaJsonSchemaValidationError {
  try {
    parseJsonReply(text, schema);
  } catch (error) {
    if (error instanceof LlamaJsonSchemaValidationError) return error;
    throw error;
  }
  throw new Error("parsed");
}

describe("parseJsonReply", () => {
  it("says of a number alone that it may lack digits", () => {
    const range = { type: "integer", minimum: 100, maximum: 999 };
    expect(parseJsonReply("123", range)).toBe(123);
    expect(() => parseJsonReply("12", range)).toThrow(
      expect.objectContaining({ code: "schema-mismatch", hint: "the number may have been cut short" }),
    );
    expect(failure("12").hint).toBeUndefined();
  });

  it("returns a valid value", () => {
    expect(parseJsonReply(' {"b": "x", "a": 1}\n', schema)).toEqual({ a: 1, b: "x" });
  });

  it("names the place that does not fit", () => {
    const error = failure('{"a": -1, "b": "x"}');
    expect(error).toBeInstanceOf(ColloquyError);
    expect(error.code).toBe("schema-mismatch");
    expect(error.object).toEqual({ a: -1, b: "x" });
    expect(error.schema).toBe(schema);
    expect(error.issues).toEqual([
      { path: "#/a", schemaPath: "#/properties/a", message: "must be at least 0" },
    ]);
  });

  it("says when the reply was cut short, and only then", () => {
    for (const text of [
      "",
      "{",
      '{"a": 1',
      '{"a": -',
      '{"a": 1, "b": "x\\u00',
      '{"a": 1,',
      '{"a"',
      '{"a": tr',
    ])
      expect(failure(text).hint, text).toBe("the reply was cut short");
    for (const text of ["}", "{a", '{"a": 1]', '{"a": 1} x', '{"a" 1', "[1,]", '{"a": 01}', '"a\nb', "tru e"])
      expect(failure(text).hint, text).toBeUndefined();
  });
});

describe("isCutShort", () => {
  it("holds for every beginning of a random JSON text that is none itself", () => {
    const random = createRandom(3);
    for (let round = 0; round < 300; round++) {
      const text = JSON.stringify(randomValue(random), undefined, round % 3);
      for (let length = 0; length < text.length; length++) {
        const part = text.slice(0, length);
        if (!parses(part)) expect(isCutShort(part), part).toBe(true);
        // A text that no character and no ending can save must not count.
        expect(isCutShort(`${part}\u0001`), part).toBe(false);
      }
      expect(isCutShort(`${text} ]`), text).toBe(false);
    }
  });
});

function parses(text: string): boolean {
  try {
    JSON.parse(text);
    return true;
  } catch {
    return false;
  }
}

describe("validateJson", () => {
  it("is linear on patterns that make backtracking matchers hang", () => {
    const hostile = { type: "string", pattern: "^(a|a)*(a*)*$" };
    expect(validateJson(`${"a".repeat(5000)}b`, hostile)).toHaveLength(1);
    expect(validateJson("a".repeat(5000), hostile)).toEqual([]);
  });

  it("takes deep values and branches that lead to the same place", () => {
    const deep = JSON.parse(`${"[".repeat(3000)}${"]".repeat(3000)}`) as unknown;
    const list = {
      $defs: { list: { type: "array", items: { $ref: "#/$defs/list" } } },
      $ref: "#/$defs/list",
    };
    expect(validateJson(deep, list)).toEqual([]);
    const twice = {
      anyOf: [
        { type: "array", items: { $ref: "#" } },
        { type: "array", items: { $ref: "#" }, maxItems: 9 },
      ],
    };
    const shallow = JSON.parse(`${"[".repeat(60)}1${"]".repeat(60)}`) as unknown;
    expect(validateJson(shallow, twice).length).toBeGreaterThan(0);
  });

  it("reports the branch that came deepest", () => {
    const either = { anyOf: [{ type: "null" }, { type: "object", properties: { x: { const: 1 } } }] };
    expect(validateJson({ x: 2 }, either).map(({ path }) => path)).toEqual(["#/x"]);
  });
});
