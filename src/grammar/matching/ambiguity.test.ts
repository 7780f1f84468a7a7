import { describe, expect, it } from "vitest";
import { compileGrammar } from "../compiled-grammar.ts";
import { parseGbnf } from "../gbnf/parse-gbnf.ts";
import { schemaToGrammar } from "../json-schema/index.ts";
import { TokenTrie } from "../trie/token-trie.ts";
import { textVocabulary } from "../vocabulary.fixture.test.ts";

/** Found by random grammars: the ways to read a text multiply with every character. */
const GRAMMARS = [
  'root ::= a\na ::= [a-z] (("x"){0,242} | (a){0,6})',
  'root ::= b\na ::= (c | "x") b | ("é" | "0")\nb ::= (("é" |) | ("x y" | a)) ("x" |)\nc ::= (. a | "é"){1,4}',
];

describe("a grammar that reads a text in countless ways", () => {
  it.each(GRAMMARS)("ends in a coded error: %s", (text) => {
    const characters = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
    const trie = TokenTrie.from(textVocabulary(["</s>", ...characters, "a".repeat(20), "xxx", "é"]));
    const matcher = compileGrammar(parseGbnf(text)).matcher(trie);
    const token = 1 + characters.indexOf("x");
    const walk = () => {
      for (let step = 0; step < 60; step++) {
        matcher.mask();
        matcher.accept(token);
      }
    };
    expect(walk).toThrowError(expect.objectContaining({ code: "grammar-limit" }));
  });
});

describe("a pattern of a schema that reads a text in countless ways", () => {
  it.each([
    { type: "string", format: "email", pattern: "^(?:(?:yz){0,50}(?:\\wé)*){0,50}" },
    { type: "string", maxLength: 10, pattern: "^(?:(?:[^a].){0,50}){0,50}" },
  ])("is a coded error: $pattern", (schema) => {
    expect(() => schemaToGrammar(schema as never)).toThrowError(
      expect.objectContaining({ code: "grammar-limit" }),
    );
  });
});
