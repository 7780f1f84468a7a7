import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { createRandom } from "../../engine/sampling/random.ts";
import { tokenTrieOf } from "../../engine/token-trie-of.ts";
import { compileGrammar } from "../compiled-grammar.ts";
import {
  anyCharacter,
  characters,
  choice,
  type GrammarDefinition,
  type GrammarNode,
  literal,
  NEVER,
  optional,
  repeat,
  rule,
  sequence,
} from "../ir.ts";
import { schemaToGrammar } from "../json-schema/index.ts";
import { definitionAfter } from "./definition-after.ts";
import { definitionToGbnf } from "./definition-to-gbnf.ts";
import { parseGbnf } from "./parse-gbnf.ts";

const encoder = new TextEncoder();
const asTokens = (text: string) => (text === "" ? [] : [{ token: 0, bytes: encoder.encode(text) }]);

function definition(root: GrammarNode, rules: Readonly<Record<string, GrammarNode>> = {}): GrammarDefinition {
  return { root: "the root", rules: new Map([["the root", root], ...Object.entries(rules)]) };
}

const rest = rule("the list of (things)");
const samples: readonly [GrammarDefinition, readonly string[]][] = [
  [definition(literal('a"\\]-^\n\t\u0000é你😀')), ['a"\\]-^\n\t\u0000é你😀', "a"]],
  [definition(sequence(literal("ab"), repeat(literal("cd"), 2))), ["abcdcd", "abcdd", "abcd"]],
  [
    definition(repeat(choice(literal("a"), sequence(literal("b"), optional(literal("c")))), 1, 3)),
    ["bca", "bcbcbc", "aaaa", ""],
  ],
  [
    definition(
      characters([
        [0x5d, 0x5d],
        [0x2d, 0x2d],
        [0x5e, 0x5e],
        [0x4e00, 0x1f600],
      ]),
    ),
    ["]", "-", "^", "你", "😀", "a"],
  ],
  [definition(sequence(anyCharacter(), characters([[97, 99]], true))), ["😀z", "za", "z"]],
  [definition(choice(NEVER, literal("x"))), ["x", "y", ""]],
  [
    definition(sequence(literal("["), rest), {
      "the list of (things)": choice(literal("]"), sequence(literal("x"), rest)),
    }),
    ["[]", "[xxx]", "[x"],
  ],
  [
    schemaToGrammar({
      type: "object",
      properties: { name: { type: "string" }, tags: { type: "array", items: { enum: ["a", "b"] } } },
    }),
    ['{"name":"x\\"é😀","tags":["a","b"]}', '{"name": "", "tags": []}', "{}"],
  ],
];

describe("a grammar as GBNF", () => {
  test.each(samples)("takes the same texts when it is read back: %#", (grammar, texts) => {
    const [original, back] = [grammar, parseGbnf(definitionToGbnf(grammar))].map(compileGrammar);
    expect(texts.some((text) => original!.matches(text))).toBe(true);
    for (const text of texts) expect(back!.matches(text), text).toBe(original!.matches(text));
  });

  test("bytes that are no character are refused", () => {
    expect(() => definitionToGbnf(definition({ type: "bytes", bytes: Uint8Array.of(0xe4) }))).toThrow(
      "bytes",
    );
  });

  test("tokens keep their ids", () => {
    const node: GrammarNode = { type: "token", token: 12, negated: false };
    expect(definitionToGbnf(definition(sequence(node, { ...node, negated: true })))).toBe(
      "root ::= <[12]> !<[12]>\n",
    );
  });
});

describe("the rest of a grammar", () => {
  test.each(samples)("takes what follows, at every place: %#", (grammar, texts) => {
    const whole = compileGrammar(grammar);
    for (const text of texts)
      for (const [index] of [...text].entries()) {
        const characters = [...text];
        const after = definitionAfter(grammar, asTokens(characters.slice(0, index).join("")))!;
        const tail = characters.slice(index).join("");
        let matches = false;
        // A rest that matches no text at all cannot be compiled.
        try {
          matches = compileGrammar(parseGbnf(definitionToGbnf(after))).matches(tail);
        } catch {}
        expect(matches, `${index} of ${text}`).toBe(whole.matches(text));
      }
  });

  test("random grammars: matching the rest is matching the whole", () => {
    const random = createRandom(5);
    const pick = (count: number) => Math.floor(random.next() * count);
    const node = (depth: number): GrammarNode => {
      if (depth === 0 || pick(4) === 0) return literal(["", "a", "ab", "b", "é"][pick(5)]!);
      if (pick(3) === 0) return choice(node(depth - 1), node(depth - 1));
      if (pick(2) === 0) return sequence(node(depth - 1), node(depth - 1), node(depth - 1));
      const min = pick(3);
      return repeat(node(depth - 1), min, pick(2) === 0 ? undefined : min + pick(3));
    };
    let matching = 0;
    for (let round = 0; round < 400; round++) {
      const grammar = definition(node(3));
      const whole = compileGrammar(grammar);
      for (let sample = 0; sample < 12; sample++) {
        const text = Array.from({ length: pick(6) }, () => "abé"[pick(3)]).join("");
        const at = pick(text.length + 1);
        const after = definitionAfter(grammar, asTokens(text.slice(0, at)))!;
        if (whole.matches(text)) {
          matching++;
          expect(compileGrammar(after).matches(text.slice(at))).toBe(true);
        } else
          try {
            expect(compileGrammar(after).matches(text.slice(at))).toBe(false);
          } catch (error) {
            expect(error).toMatchObject({ code: "grammar-invalid" });
          }
      }
    }
    expect(matching).toBeGreaterThan(300);
  });

  test("a walk gives its rest, not inside a character", () => {
    const model = new FakeModel();
    const matcher = compileGrammar(parseGbnf('root ::= "a你" [0-9]+')).matcher(tokenTrieOf(model));
    const bytes = encoder.encode("a你1");
    const rests = [...bytes].map((byte) => {
      matcher.accept(byte);
      const rest = matcher.rest?.();
      return rest && definitionToGbnf(rest);
    });
    expect(rests).toEqual([
      'root ::= "\\u4F60" [0-9]+\n',
      undefined,
      undefined,
      "root ::= [0-9]+\n",
      "root ::= [0-9]*\n",
    ]);
  });

  test.each([
    `root ::= ${"(".repeat(150)}"a"${")*".repeat(150)}`,
    'root ::= (("a"{0,99}){0,99}){0,99} "b"',
    'root ::= "a" root root | "a" root | "b" | "a"',
  ])("one that takes too long to find is none: %s", (text) => {
    expect(definitionAfter(parseGbnf(text), asTokens("a".repeat(60)))).toBeUndefined();
    expect(definitionAfter(parseGbnf(text), asTokens("a"))).toBeDefined();
  });

  test("tokens named by their id", () => {
    const grammar = definition(sequence({ type: "token", token: 7, negated: false }, literal("x")));
    const after = definitionAfter(grammar, [{ token: 7, bytes: new Uint8Array(0) }])!;
    expect(definitionToGbnf(after)).toBe('root ::= "x"\n');
  });
});
