import { describe, expect, it } from "vitest";
import { builtinGrammar } from "../builtin/builtin-grammars.ts";
import { compileGrammar } from "../compiled-grammar.ts";
import { parseGbnf } from "../gbnf/parse-gbnf.ts";
import { TokenTrie } from "../trie/token-trie.ts";
import type { GrammarVocabulary } from "../vocabulary.ts";

function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => (state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff) % below;
}

/** Pieces of words, marks and every single byte. */
function vocabulary(random: (below: number) => number, size: number): GrammarVocabulary {
  const tokens = new Map<string, Uint8Array>();
  const add = (bytes: Uint8Array) => tokens.set(Buffer.from(bytes).toString("latin1"), bytes);
  for (let byte = 0; byte < 256; byte++) add(Uint8Array.of(byte));
  const parts = [
    "a",
    "b",
    "word",
    "thing",
    " ",
    " the",
    "é",
    "日本",
    "😀",
    '"',
    '",',
    "\\n",
    "\\",
    "0",
    "42",
    "\n",
    ".",
    ":",
    "{",
    "_",
    "X",
  ];
  while (tokens.size < size) {
    const text = Array.from({ length: 1 + random(4) }, () => parts[random(parts.length)]).join("");
    const bytes = new TextEncoder().encode(text);
    add(random(8) === 0 ? bytes.slice(random(bytes.length)) : bytes);
  }
  const list = [...tokens.values()].filter((bytes) => bytes.length > 0);
  return {
    size: list.length + 1,
    endTokens: [list.length],
    tokenBytes: (id) => list[id] ?? new Uint8Array(0),
    tokenize: () => [],
  };
}

const GRAMMARS = [
  builtinGrammar("json"),
  builtinGrammar("english"),
  'root ::= "\\"" [^"\\\\]{0,9} "\\"" ("," root)?',
  'root ::= ([a-z]{1,6} " "){1,5} [^a-z]*',
  "root ::= [a-zA-Z0-9_ ]{3,12} [.:] root?",
  "root ::= .{0,7} | [a-z]+ [^a]{2}",
  'root ::= [^\\n]* "\\n" ([a-d] [^\\n]{1,4})*',
  'root ::= [é-\\U0010FFFF]{1,3} [a-z é]* ":" root?',
];

describe("masks from slices", () => {
  it("are what the tokens one by one give", () => {
    const random = seeded(4711);
    const words = vocabulary(random, 900);
    const plain = TokenTrie.from(words);
    const sliced = TokenTrie.from(words);
    sliced.slice([[0x61, 0x7a]]);
    sliced.slice([
      [0x20, 0x20],
      [0x30, 0x39],
      [0x41, 0x5a],
      [0x5f, 0x5f],
      [0x61, 0x7a],
    ]);
    sliced.slice([
      [0x00, 0x09],
      [0x0b, 0xd7ff],
      [0xe000, 0x10ffff],
    ]);
    let [wide, steps] = [0, 0];
    for (const text of GRAMMARS) {
      const grammar = compileGrammar(parseGbnf(text));
      for (let walk = 0; walk < 5; walk++) {
        const matchers = [plain, sliced].map((trie) => grammar.matcher(trie));
        for (let step = 0; step < 12; step++) {
          const allowed: number[] = [];
          for (let token = 0; token < words.size; token++)
            if (matchers[0]!.allows(token)) allowed.push(token);
          for (const matcher of matchers) {
            const mask = matcher.mask();
            const found: number[] = [];
            for (let token = 0; token < words.size; token++)
              if ((mask.words[token >>> 5]! & (1 << (token & 31))) !== 0) found.push(token);
            expect(found).toEqual(allowed);
            expect(mask.count).toBe(allowed.length);
            expect(mask.ids === undefined).toBe(allowed.length > 256);
          }
          if (allowed.length > 256) wide++;
          steps++;
          const next = allowed[random(allowed.length)]!;
          for (const matcher of matchers) matcher.accept(next);
        }
      }
    }
    expect(wide).toBeGreaterThan(60);
    expect(steps).toBeGreaterThan(300);
  });
});

describe("the json grammar", () => {
  it("gives text that JSON.parse takes, whatever is chosen", () => {
    const random = seeded(31337);
    const words = vocabulary(random, 600);
    const trie = TokenTrie.from(words);
    const grammar = compileGrammar(parseGbnf(builtinGrammar("json")));
    let finished = 0;
    for (let walk = 0; walk < 60; walk++) {
      const matcher = grammar.matcher(trie);
      const bytes: number[] = [];
      for (let step = 0; !matcher.mustEnd && step < 400; step++) {
        const mask = matcher.mask();
        // Towards the end, marks that close something are preferred.
        const allowed = Array.from({ length: words.size - 1 }, (_, id) => id).filter((id) =>
          matcher.allows(id),
        );
        expect(mask.count).toBeGreaterThan(0);
        const closing = ['"', "}", "]"]
          .map((mark) => mark.charCodeAt(0))
          .filter((id) => allowed.includes(id));
        const token = step > 20 && closing.length > 0 ? closing[0]! : allowed[random(allowed.length)];
        if (token === undefined) break;
        matcher.accept(token);
        bytes.push(...words.tokenBytes(token));
        if (matcher.canEnd && step > 20) break;
      }
      if (!matcher.canEnd) continue;
      const text = new TextDecoder("utf-8", { fatal: true }).decode(Uint8Array.from(bytes));
      expect(() => JSON.parse(text)).not.toThrow();
      finished++;
    }
    expect(finished).toBeGreaterThan(30);
  });
});
