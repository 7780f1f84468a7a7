import { describe, expect, it } from "vitest";
import { compileGrammar } from "../compiled-grammar.ts";
import { parsePattern } from "./parse-pattern.ts";

function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => (state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff) % below;
}

const ATOMS = [
  "a",
  "b",
  "é",
  "😀",
  ".",
  "\\d",
  "\\W",
  "\\s",
  "[ab]",
  "[^a]",
  "[é-😀\\d]",
  "\\u{e9}",
  "\\x61",
  "[^\\w]",
  "\\p{L}",
  "\\.",
];
const QUANTIFIERS = ["", "", "", "*", "+", "?", "{2}", "{1,}", "{0,2}", "+?"];
const LETTERS = ["a", "b", "é", "😀", "1", " ", "\n", ".", "ü"];

function randomPattern(random: (below: number) => number, depth: number): string {
  const options = Array.from({ length: 1 + random(2) }, () =>
    Array.from({ length: 1 + random(3) }, () => {
      const atom =
        depth > 0 && random(3) === 0
          ? `(?:${randomPattern(random, depth - 1)})`
          : ATOMS[random(ATOMS.length)]!;
      return atom + QUANTIFIERS[random(QUANTIFIERS.length)]!;
    }).join(""),
  );
  return options.join("|");
}

describe("patterns beside RegExp", () => {
  it("match the same texts", () => {
    const random = seeded(2718);
    let [yes, no] = [0, 0];
    for (let round = 0; round < 400; round++) {
      let pattern = randomPattern(random, 2);
      if (random(3) === 0) pattern = `^(?:${pattern})`;
      if (random(3) === 0) pattern = `(?:${pattern})$`;
      const expression = new RegExp(pattern, "u");
      const grammar = compileGrammar({ root: "root", rules: new Map([["root", parsePattern(pattern)]]) });
      for (let i = 0; i < 12; i++) {
        const text = Array.from({ length: random(6) }, () => LETTERS[random(LETTERS.length)]).join("");
        const expected = expression.test(text);
        expect(grammar.matches(text), `${pattern} on ${JSON.stringify(text)}`).toBe(expected);
        if (expected) yes++;
        else no++;
      }
    }
    expect(Math.min(yes, no)).toBeGreaterThan(500);
  });

  it("survive broken patterns", () => {
    const random = seeded(5);
    const pieces = [..."()[]{}*+?|^$\\.-,:<=!dDpuxkbB019aé", "(?:", "(?<", "\\p{", "{1,"];
    let parsed = 0;
    for (let round = 0; round < 3000; round++) {
      const pattern = Array.from({ length: 1 + random(8) }, () => pieces[random(pieces.length)]).join("");
      try {
        parsePattern(pattern);
        parsed++;
      } catch (error) {
        expect((error as { code?: string }).code, pattern).toMatch(/^grammar-(invalid|unsupported|limit)$/);
      }
    }
    expect(parsed).toBeGreaterThan(200);
  });
});
