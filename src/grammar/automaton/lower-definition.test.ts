import { describe, expect, it } from "vitest";
import { compileGrammar } from "../compiled-grammar.ts";
import { choice, literal, rule, sequence } from "../ir.ts";
import { parsePattern } from "../regex/parse-pattern.ts";
import { TokenTrie } from "../trie/token-trie.ts";
import { textVocabulary } from "../vocabulary.fixture.test.ts";

describe("half of a surrogate pair in a text", () => {
  it.each([
    ["a literal", () => literal("a\ude00")],
    ["a pattern", () => parsePattern("^a\ude00$")],
  ])("is refused in %s: UTF-8 has no bytes for it", (_, node) => {
    const compile = () => compileGrammar({ root: "root", rules: new Map([["root", node()]]) });
    expect(compile).toThrowError(expect.objectContaining({ code: "grammar-invalid" }));
  });

  it("is no half when both are there", () => {
    expect(compileGrammar({ root: "root", rules: new Map([["root", literal("😀")]]) }).matches("😀")).toBe(
      true,
    );
  });
});

describe("listed texts", () => {
  function seeded(seed: number): (below: number) => number {
    let state = seed;
    return (below) => (state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff) % below;
  }
  const trie = TokenTrie.from(textVocabulary(["</s>", "a", "b", "é", "😀", "\ue000"]));

  it.each([1, 2, 3, 4, 5, 6])(
    "are taken each, and nothing else is, beginnings of others among them (seed %i)",
    (seed) => {
      const random = seeded(seed);
      // Beyond U+FFFF, texts are ordered otherwise by their code units than by their bytes.
      const text = () =>
        Array.from({ length: random(6) }, () => ["a", "a", "b", "é", "😀", "\ue000", "ë"][random(7)]).join(
          "",
        );
      const words = Array.from({ length: 2 + random(40) }, text);
      const grammar = compileGrammar({
        root: "root",
        rules: new Map([
          [
            "root",
            sequence(
              literal("<"),
              choice(...words.map((word) => literal(word)), rule("other")),
              literal(">"),
            ),
          ],
          ["other", choice(literal("other"), literal("ot"))],
        ]),
      });
      const taken = new Set([...words, "other", "ot"]);
      for (const word of [...taken, ...Array.from({ length: 300 }, text)]) {
        expect(grammar.matches(`<${word}>`), word).toBe(taken.has(word));
        const begins = [...taken].some((other) => `<${other}>`.startsWith(`<${word}`));
        expect(grammar.matcherAfter(trie, Buffer.from(`<${word}`)) !== undefined, word).toBe(begins);
      }
    },
  );
});
