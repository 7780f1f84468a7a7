import { describe, expect, it } from "vitest";
import { compileGrammar } from "../compiled-grammar.ts";
import { parseGbnf } from "../gbnf/parse-gbnf.ts";
import { TokenTrie } from "../trie/token-trie.ts";
import { textVocabulary } from "../vocabulary.fixture.test.ts";
import { lazyMatcher } from "./lazy-matcher.ts";

const grammar = compileGrammar(parseGbnf('root ::= "12" | "34"'));
const trie = TokenTrie.from(
  textVocabulary([
    "<end>",
    "a",
    "<",
    "c",
    ">",
    "<c>",
    "c>",
    "c>1",
    "c>a",
    "a<c>3",
    "a<c>4",
    "1",
    "2",
    "3",
    "4",
    "12",
    "",
  ]),
);
const token = (text: string) => trie.vocabulary.tokenize(text)[0]!;
const allowed = (mask: { words: Uint32Array }) =>
  Array.from({ length: trie.vocabulary.size }, (_, id) => id).filter(
    (id) => mask.words[id >>> 5]! & (1 << (id & 31)),
  );

describe("lazyMatcher", () => {
  it("allows everything before the trigger but what runs against the grammar", () => {
    const matcher = lazyMatcher(grammar, trie, { texts: ["<c>"] });
    expect(matcher.canEnd).toBe(true);
    const refused = Array.from({ length: trie.vocabulary.size }, (_, id) => id).filter(
      (id) => !matcher.allows(id),
    );
    expect(refused).toEqual([token("a<c>4")]);
    expect(matcher.mask().count).toBe(trie.vocabulary.size - 1);
    matcher.accept(token("a"));
    matcher.accept(token("<"));
    expect(matcher.allows(token("c>a"))).toBe(false);
    expect(matcher.allows(token("c>1"))).toBe(true);
    expect(allowed(matcher.mask())).toEqual(
      Array.from({ length: trie.vocabulary.size }, (_, id) => id).filter((id) => matcher.allows(id)),
    );
    const other = matcher.clone();
    matcher.accept(token("c>1"));
    expect(allowed(matcher.mask())).toEqual([token("2")]);
    other.accept(token("c"));
    other.accept(token(">"));
    expect(allowed(other.mask())).toEqual([token("1"), token("3"), token("12")]);
    expect(other.canEnd).toBe(false);
  });

  it("begins after a trigger token", () => {
    const control = trie.vocabulary.size - 1;
    const matcher = lazyMatcher(grammar, trie, { tokens: [control] });
    matcher.accept(token("a<c>4"));
    matcher.accept(control);
    matcher.accept(token("12"));
    expect(matcher.mustEnd).toBe(true);
    expect(allowed(matcher.mask())).toEqual([0]);
  });

  it("refuses to wait for nothing", () => {
    expect(() => lazyMatcher(grammar, trie, {})).toThrow("trigger");
    expect(() => lazyMatcher(grammar, trie, { texts: [""] })).toThrow("empty");
  });
});
