import { describe, expect, test } from "vitest";
import { ColloquyError } from "../../base/errors.ts";
import { schemaToGrammar } from "./schema-to-grammar.ts";
import { validateJson } from "./validate-json.ts";

type Schema = Record<string, unknown>;

const each = <T>(count: number, make: (index: number) => T) =>
  Array.from({ length: count }, (_, index) => make(index));
const named = (count: number, make: (index: number) => unknown) =>
  Object.fromEntries(each(count, (index) => [`p${index}`, make(index)]));

/** Definitions of which each refers to the next. */
function chain(count: number, link: (to: Schema) => Schema): Schema {
  const definitions = each(count, (index): [string, Schema] => [
    `d${index}`,
    link({ $ref: `#/$defs/d${index + 1}` }),
  ]);
  return {
    $ref: "#/$defs/d0",
    $defs: { ...Object.fromEntries(definitions), [`d${count}`]: { type: "null" } },
  };
}

function codeOf(run: () => unknown): string {
  try {
    run();
    return "accepted";
  } catch (error) {
    return error instanceof ColloquyError ? error.code : String(error);
  }
}

/** Each of these once took minutes, or all memory. */
describe("small schemas that ask for much work", () => {
  test.each<[string, string, Schema]>([
    ["definitions that refer to the next one twice", "accepted", chain(40, (to) => ({ allOf: [to, to] }))],
    ["the same with a choice", "grammar-limit", chain(40, (to) => ({ anyOf: [to, to] }))],
    [
      "a repetition of a large class",
      "grammar-limit",
      { type: "string", pattern: "a\\p{L}{0,65536}", maxLength: 60_000 },
    ],
    [
      "many long patterns beside many names",
      "grammar-limit",
      {
        type: "object",
        properties: named(300, () => true),
        patternProperties: Object.fromEntries(each(257, (index) => [`a{0,4000}x${index}`, true])),
      },
    ],
    [
      "patterns that overlap",
      "grammar-limit",
      {
        type: "object",
        patternProperties: Object.fromEntries(each(11, (index) => [`a.{${index}}b`, true])),
      },
    ],
    [
      "many strings whose automata are large and of no use",
      "grammar-limit",
      {
        type: "object",
        properties: named(500, (index) => ({
          type: ["null", "string"],
          pattern: `^(a|b)*a(a|b){9}x${index}$`,
          minLength: 5,
          maxLength: 6,
        })),
      },
    ],
    [
      "long lists beside each other",
      "grammar-unsupported",
      { allOf: each(2, (side) => ({ enum: each(8000, (index) => ({ a: index + side * 8000 })) })) },
    ],
    ["a long list of objects", "accepted", { type: "object", enum: each(9000, () => ({})) }],
  ])("%s: %s", (_, code, schema) => {
    expect(codeOf(() => schemaToGrammar(schema))).toBe(code);
  });

  test("branches with long lists", () => {
    const branch = (side: number) => ({ enum: each(200, (index) => side * 200 + index) });
    expect(codeOf(() => schemaToGrammar({ oneOf: each(200, branch) }, { dialect: "standard" }))).toBe(
      "grammar-limit",
    );
    expect(codeOf(() => schemaToGrammar({ oneOf: each(20, branch) }, { dialect: "standard" }))).toBe(
      "accepted",
    );
  });

  test("a pattern that no text could be held against is refused at once, not when a reply is parsed", () => {
    const schema = { type: "string", pattern: "^(?:a{0,1000}){0,1000}$" };
    expect(codeOf(() => schemaToGrammar(schema))).toBe("grammar-limit");
    expect(codeOf(() => validateJson("a", schema))).toBe("grammar-limit");
  });
});
