import { describe, expect, test } from "vitest";
import { loadXgrammar } from "../../../test/grammar/load-xgrammar.ts";
import { schemaSamples } from "../../../test/grammar/schema-samples.ts";
import { ColloquyError } from "../../base/errors.ts";
import { createRandom } from "../../engine/sampling/random.ts";
import { compileGrammar } from "../compiled-grammar.ts";
import type { GrammarDefinition, GrammarNode } from "../ir.ts";
import { characters, choice, literal, NEVER, repeat } from "../ir.ts";
import { randomDocument } from "../json-schema/random-schema.test.twin.ts";
import { schemaToGrammar } from "../json-schema/schema-to-grammar.ts";
import { definitionToGbnf } from "./definition-to-gbnf.ts";

const { Grammar, Testings } = loadXgrammar();

/** This release of it clamps classes of characters beyond ASCII; the one of vLLM 0.32 does not. */
function isKnownToBeRead({ rules }: GrammarDefinition): boolean {
  const isAscii = (node: GrammarNode): boolean => {
    switch (node.type) {
      case "characters":
        return node.ranges.every(([, last]) => last < 0x80);
      case "sequence":
        return node.items.every(isAscii);
      case "choice":
        return node.options.every(isAscii);
      case "repeat":
        return isAscii(node.item);
      default:
        return true;
    }
  };
  return [...rules.values()].every(isAscii);
}

/** Whether the texts are those of the grammar, as vLLM's grammar engine reads what is sent to it. */
async function compare(definition: GrammarDefinition, texts: readonly string[]): Promise<number> {
  const gbnf = definitionToGbnf(definition);
  const theirs = await Grammar.fromEBNF(gbnf);
  const ours = compileGrammar(definition);
  for (const text of texts)
    expect(await Testings.isGrammarAcceptString(theirs, text), `${JSON.stringify(text)} of ${gbnf}`).toBe(
      ours.matches(text),
    );
  theirs.dispose();
  return texts.filter((text) => ours.matches(text)).length;
}

/** A text of the grammar, mostly; `undefined` where it becomes long. */
function randomText({ root, rules }: GrammarDefinition, next: () => number): string | undefined {
  const below = (count: number) => Math.floor(next() * count);
  let left = 300;
  const write = (node: GrammarNode): string => {
    if (left-- < 0) return "";
    switch (node.type) {
      case "literal":
        return node.text;
      case "characters": {
        const range = node.ranges[below(node.ranges.length)];
        if (range === undefined || node.negated) return "é";
        return String.fromCodePoint(range[0] + below(Math.min(range[1] - range[0] + 1, 90)));
      }
      case "sequence":
        return node.items.map(write).join("");
      case "choice": {
        const option = node.options[below(node.options.length)];
        return option === undefined ? "" : write(option);
      }
      case "repeat": {
        const more = below(Math.min((node.max ?? Number.POSITIVE_INFINITY) - node.min, 3) + 1);
        return Array.from({ length: node.min + more }, () => write(node.item)).join("");
      }
      case "rule":
        return write(rules.get(node.name)!);
      default:
        return "";
    }
  };
  const text = write(rules.get(root)!);
  return left < 0 ? undefined : text;
}

function changed(text: string, next: () => number): string {
  const signs = [...text];
  const added = ["é", "你", "\u0001", "a", "0", '"', "\\", " ", ""][Math.floor(next() * 9)]!;
  signs.splice(Math.floor(next() * signs.length), next() < 0.5 ? 1 : 0, added);
  return signs.join("");
}

/** How many of the texts compared were texts of the grammar. */
async function compareRandomTexts(definition: GrammarDefinition, next: () => number): Promise<number> {
  if (!isKnownToBeRead(definition)) return 0;
  const texts: string[] = [];
  for (let round = 0; round < 6; round++) {
    const text = randomText(definition, next);
    if (text !== undefined) texts.push(text, changed(text, next));
  }
  return compare(definition, texts);
}

/** `undefined` for a schema that is refused. */
function grammarOf(schema: unknown): GrammarDefinition | undefined {
  try {
    return schemaToGrammar(schema, { dialect: "standard" });
  } catch (error) {
    if (error instanceof ColloquyError) return undefined;
    throw error;
  }
}

const schemas: readonly unknown[] = [
  ...schemaSamples,
  { type: "string", minLength: 2, maxLength: 40 },
  { type: "string", pattern: "^[b-y]+$" },
  { type: "object", additionalProperties: { type: "string" }, maxProperties: 2 },
  {
    $defs: {
      n: {
        properties: { next: { anyOf: [{ $ref: "#/$defs/n" }, { type: "null" }] } },
        additionalProperties: false,
      },
    },
    $ref: "#/$defs/n",
  },
  {
    anyOf: [
      { properties: { t: { const: "a" } }, additionalProperties: false },
      { type: "string", minLength: 1 },
    ],
  },
  {
    properties: { a: { type: "string" }, "né\t": { type: "array", items: { enum: [1, null] } } },
    additionalProperties: false,
  },
];

describe("a grammar as GBNF, read by vLLM's grammar engine", () => {
  const random = createRandom(11);
  const next = () => random.next();

  test.each(schemas.map((schema) => [JSON.stringify(schema), schema] as const))("%s", async (_, schema) => {
    let accepted = 0;
    for (const whitespace of ["natural", "compact", "flexible"] as const)
      for (const dialect of ["guide", "standard"] as const) {
        const definition = schemaToGrammar(schema, { dialect, whitespace });
        accepted += await compareRandomTexts(definition, next);
      }
    expect(accepted).toBeGreaterThan(20);
  });

  test("random schemas", async () => {
    let accepted = 0;
    for (let round = 0; round < 150; round++) {
      const definition = grammarOf(randomDocument(next));
      if (definition !== undefined) accepted += await compareRandomTexts(definition, next);
    }
    expect(accepted).toBeGreaterThan(200);
  });

  test.each<[string, GrammarNode, string[]]>([
    ["nothing or a text", choice(NEVER, literal("x")), ["x", "y", ""]],
    [
      "the signs of classes",
      repeat(characters([...'^-]\\["'].map((sign) => [sign.charCodeAt(0), sign.charCodeAt(0)] as const)), 2),
      ["^-", '"]', "\\[", "a^"],
    ],
  ])("%s", async (_, root, texts) => {
    const definition = { root: "the root", rules: new Map([["the root", root]]) };
    expect(await compare(definition, texts)).toBeGreaterThan(0);
  });
});
