import { describe, expect, it } from "vitest";
import { compileGrammar } from "../compiled-grammar.ts";
import { parseGbnf } from "../gbnf/parse-gbnf.ts";
import { schemaToGrammar } from "../json-schema/index.ts";
import { GRAMMAR_LIMITS } from "../limits.ts";
import { TokenTrie } from "../trie/token-trie.ts";
import { textVocabulary } from "../vocabulary.fixture.test.ts";

const CHARACTERS = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
const trie = TokenTrie.from(textVocabulary(["</s>", ...CHARACTERS, "a".repeat(20), "xxx", "é"]));
const TOKEN = 1 + CHARACTERS.indexOf("x");

/** Walks through `x`s. */
function walk(gbnf: string, steps: number, onStep: () => void = () => {}): void {
  const matcher = compileGrammar(parseGbnf(gbnf)).matcher(trie);
  for (let step = 0; step < steps; step++) {
    matcher.mask();
    matcher.forced();
    matcher.accept(TOKEN);
    onStep();
  }
}

/** Found by random grammars: the ways to read a text multiply with every character. */
const GROWING = [
  'root ::= a\na ::= [a-z] (("x"){0,242} | (a){0,6})',
  'root ::= b\na ::= (c | "x") b | ("é" | "0")\nb ::= (("é" |) | ("x y" | a)) ("x" |)\nc ::= (. a | "é"){1,4}',
  'root ::= (a b){0,1000}\na ::= "x"{0,3} ("x" a)?\nb ::= ("x" | "xx" b){0,8}',
];

/** Bounded repetitions inside of each other, with counts that cannot be told apart. */
const NESTED = [
  "root ::= (([a-x]{0,50}){0,50}){0,50}",
  'root ::= ((("x"{0,9} "x"?){0,9} | "x"{3,7}){0,99} "x"{0,77}){0,1000}',
  "root ::= ([a-z]{0,100} [x-z]{0,100} | [w-x]{5,500}){1,100000}",
  'root ::= ("x" ("x" ("x" ("x"{0,30}){0,30}){0,30}){0,30}){0,30}',
  'root ::= ("x"{0,1000} | ("xx"{0,500} | "x"{7,900}){3,800}){0,1000000}',
];

describe("a grammar that reads a text in countless ways", () => {
  it.each(GROWING)("ends in a coded error: %s", (gbnf) => {
    expect(() => walk(gbnf, 60)).toThrowError(expect.objectContaining({ code: "grammar-limit" }));
  });

  it.each(NESTED)("is walked through where its counts can be joined: %s", (gbnf) => {
    let steps = 0;
    walk(gbnf, 300, () => steps++);
    expect(steps).toBe(300);
  });

  it.each([...GROWING, ...NESTED])("holds a bounded amount of memory: %s", (gbnf) => {
    const held = () => process.memoryUsage().arrayBuffers;
    const before = held();
    let most = 0;
    const gauge = () => {
      most = Math.max(most, held() - before);
    };
    try {
      walk(gbnf, 60, gauge);
    } catch {
      gauge();
    }
    const entries =
      GRAMMAR_LIMITS.unfinished * 10 + GRAMMAR_LIMITS.transitions + GRAMMAR_LIMITS.transitionsPerCall;
    expect(most).toBeLessThan(4 * (entries + GRAMMAR_LIMITS.keptMaskWords));
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
