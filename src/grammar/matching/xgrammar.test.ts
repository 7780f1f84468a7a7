import { describe, expect, it } from "vitest";
import { loadXgrammar } from "../../../test/grammar/load-xgrammar.ts";
import { builtinGrammar } from "../builtin/builtin-grammars.ts";
import { compileGrammar } from "../compiled-grammar.ts";
import { parseGbnf } from "../gbnf/parse-gbnf.ts";
import { TokenTrie } from "../trie/token-trie.ts";
import { textVocabulary } from "../vocabulary.fixture.test.ts";

const { GrammarCompiler, GrammarMatcher, TokenizerInfo } = loadXgrammar();

const SINGLE = Array.from({ length: 95 }, (_, i) => String.fromCharCode(32 + i));
const LONGER = [
  '{"',
  '":',
  '": ',
  '",',
  '", "',
  '"}',
  "}}",
  "]}",
  "],",
  "[[",
  "[{",
  "{}",
  "[]",
  "true",
  "false",
  "null",
  ", ",
  "12",
  "3.5",
  "-1",
  "e+",
  "\\n",
  "\\u",
  '\\"',
  "00af",
  "abc",
  "the ",
  "\n",
  "\n\n",
  "  ",
  "- ",
  ". ",
  "e4",
  "Nf3",
  "O-O",
  "x",
  " = ",
  "\t",
  "日本",
  "é",
  "a\n",
  "2)\n",
  "1. ",
];
const TEXTS = [...new Set(["</s>", ...SINGLE, ...LONGER])];

function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => (state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff) % below;
}

function bits(words: ArrayLike<number>): number[] {
  return TEXTS.flatMap((_, id) => ((words[id >>> 5]! >>> (id & 31)) & 1 ? [id] : []));
}

/** Classes with characters beyond ASCII are left out: xgrammar clamps them. */
const GRAMMARS: readonly [name: string, text: string][] = [
  ["json", builtinGrammar("json")],
  ["json_arr", builtinGrammar("json_arr")],
  ["arithmetic", builtinGrammar("arithmetic")],
  ["chess", builtinGrammar("chess")],
  ["lines", 'root ::= ("- " [^\\n]+ "\\n")+'],
  ["bounded", 'root ::= ([a-z]{1,4} " "){0,3} ("a" | "abc" [0-9]{2,3} | "é"{2}) ("," root)?'],
];

describe("masks beside those of xgrammar", () => {
  it.each(GRAMMARS)("%s", async (_, text) => {
    const info = await TokenizerInfo.createTokenizerInfo(TEXTS, "raw", false, TEXTS.length, [0]);
    const compiler = await GrammarCompiler.createGrammarCompiler(info);
    const compiled = await compiler.compileGrammar(text);
    const grammar = compileGrammar(parseGbnf(text));
    const trie = TokenTrie.from(textVocabulary(TEXTS));
    const random = seeded(77);
    let compared = 0;
    for (let walk = 0; walk < 12; walk++) {
      const theirs = await GrammarMatcher.createGrammarMatcher(compiled);
      const ours = grammar.matcher(trie);
      let written = "";
      for (let step = 0; step < 40; step++) {
        const allowed = bits(ours.mask().words);
        expect(allowed, `after ${JSON.stringify(written)}`).toEqual(bits(await theirs.getNextTokenBitmask()));
        compared++;
        const choices = allowed.filter((token) => token !== 0);
        if (choices.length === 0) break;
        const token = choices[random(choices.length)]!;
        ours.accept(token);
        expect(theirs.acceptToken(token)).toBe(true);
        written += TEXTS[token];
      }
      theirs.dispose();
    }
    expect(compared).toBeGreaterThan(100);
  });
});
