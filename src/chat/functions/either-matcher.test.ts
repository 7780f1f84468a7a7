import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../test/fake/seeded-random.ts";
import { compileGrammar } from "../../grammar/compiled-grammar.ts";
import { parseGbnf } from "../../grammar/gbnf/parse-gbnf.ts";
import type { TokenMask } from "../../grammar/matcher.ts";
import { TokenTrie } from "../../grammar/trie/token-trie.ts";
import { EitherMatcher } from "./either-matcher.ts";

const encoder = new TextEncoder();
const texts = [
  "a",
  "b",
  "c",
  "ab",
  "bc",
  "abc",
  "ca",
  "cc",
  ...Array.from({ length: 60 }, (_, i) => `x${i}`),
  "",
];
const end = texts.length - 1;
const trie = TokenTrie.from({
  size: texts.length,
  endTokens: [end],
  tokenBytes: (id) => encoder.encode(texts[id]),
  tokenize: (text) => [...text].map((letter) => texts.indexOf(letter)),
});
const grammars = ["root ::= [a-c]{2,6}", 'root ::= "ab" "c"* | "ca"', 'root ::= ("a" | "bc")+'].map((text) =>
  compileGrammar(parseGbnf(text)),
);

function idsOf({ words }: TokenMask): number[] {
  return texts.flatMap((_, id) => ((words[id >>> 5]! >>> (id & 31)) & 1 ? [id] : []));
}

describe("EitherMatcher", () => {
  test("seeded random walks, against one grammar that is the choice of both", () => {
    const random = seededRandom(4);
    for (let run = 0; run < 300; run++) {
      const [a, b] = [0, 0].map(() => Math.floor(random() * grammars.length)) as [number, number];
      const first = grammars[a]!.matcher(trie);
      const second = grammars[b]!.matcher(trie);
      const either = new EitherMatcher(first.clone(), second.clone());
      let alive = [first, second];
      for (let step = 0; step < 6; step++) {
        const mask = either.mask();
        const ids = idsOf(mask);
        const expected = texts.flatMap((_, id) => (alive.some((one) => one.allows(id)) ? [id] : []));
        expect(ids).toEqual(expected);
        expect(mask.count).toBe(ids.length);
        expect([...(mask.ids ?? [])]).toEqual(ids);
        expect(either.canEnd).toBe(alive.some(({ canEnd }) => canEnd));
        expect(either.mustEnd).toBe(alive.every(({ mustEnd }) => mustEnd));
        const token = ids[Math.floor(random() * ids.length)];
        if (token === undefined || token === end) break;
        const refused = texts.findIndex((_, id) => !ids.includes(id));
        expect(() => either.clone().accept(refused)).toThrowError(
          expect.objectContaining({ code: "grammar-mismatch" }),
        );
        alive = alive.filter((one) => one.allows(token));
        for (const one of alive) one.accept(token);
        either.accept(token);
        expect(either.fitsSecond).toBe(alive.includes(second));
      }
    }
  });
});
