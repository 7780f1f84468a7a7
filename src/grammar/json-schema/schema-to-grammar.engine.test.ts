import { describe, expect, it } from "vitest";
import { ColloquyError } from "../../base/errors.ts";
import { compileGrammar } from "../compiled-grammar.ts";
import { type JsonValue, writeJson } from "./json-value.ts";
import { createRandom, naiveAccepts, randomText } from "./naive-grammar.test.twin.ts";
import { mutateValue, randomDocument } from "./random-schema.test.twin.ts";
import type { JsonSchemaOptions } from "./schema-options.ts";
import { schemaToGrammar } from "./schema-to-grammar.ts";

function grammarOf(schema: unknown, options: JsonSchemaOptions) {
  try {
    return schemaToGrammar(schema, options);
  } catch (error) {
    if (error instanceof ColloquyError) return undefined;
    throw error;
  }
}

describe("schema grammars in the engine", () => {
  it.each(["natural", "compact", "flexible"] as const)(
    "agrees with the naive recogniser, %s",
    (whitespace) => {
      const random = createRandom(21);
      const counts = { accepted: 0, rejected: 0 };
      for (let round = 0; round < 250; round++) {
        const schema = randomDocument(random);
        const grammar = grammarOf(schema, { dialect: round % 2 === 0 ? "guide" : "standard", whitespace });
        if (grammar === undefined) continue;
        const compiled = compileGrammar(grammar);
        for (let walk = 0; walk < 4; walk++) {
          const text = randomText(grammar, random, 8);
          if (text.length > 400) continue;
          const place = `${JSON.stringify(schema)} wrote ${text}`;
          expect(compiled.matches(text), place).toBe(true);
          const [comma, colon] = whitespace === "compact" ? [",", ":"] : [", ", ": "];
          const other = writeJson(mutateValue(random, JSON.parse(text)) as JsonValue, comma, colon);
          const accepted = naiveAccepts(grammar, other);
          counts[accepted ? "accepted" : "rejected"]++;
          expect(compiled.matches(other), `${place} then ${other}`).toBe(accepted);
        }
      }
      expect(Math.min(counts.accepted, counts.rejected)).toBeGreaterThan(50);
    },
  );

  it("compiles large schemas", () => {
    const properties = Object.fromEntries(
      Array.from({ length: 300 }, (_, index) => [`p${index}`, { type: "string", maxLength: 65_536 }]),
    );
    const compiled = compileGrammar(schemaToGrammar({ type: "object", properties }, { dialect: "standard" }));
    expect(compiled.matches(`{"p7": "${"x".repeat(500)}", "p299": "", "other": null}`)).toBe(true);
    expect(compiled.matches('{"p299": "", "p7": ""}')).toBe(false);
  });
});
