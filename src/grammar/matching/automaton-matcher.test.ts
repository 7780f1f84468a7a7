import { describe, expect, it } from "vitest";
import { ColloquyError } from "../../base/errors.ts";
import { compileGrammar } from "../compiled-grammar.ts";
import { parseGbnf } from "../gbnf/parse-gbnf.ts";
import { GRAMMAR_LIMITS } from "../limits.ts";
import type { GrammarMatcher } from "../matcher.ts";
import { parsePattern } from "../regex/parse-pattern.ts";
import { TokenTrie } from "../trie/token-trie.ts";
import { textVocabulary } from "../vocabulary.fixture.test.ts";

const LETTERS = [...'abcdefghijklmnopqrstuvwxyz0123456789{}[]<>":, .é'];
const TEXTS = ["</s>", ...LETTERS, "ab", "abc", "name", '{"', '":', '": ', '": "', "aaaa", "", "é."];
const trie = TokenTrie.from(textVocabulary(TEXTS));
const id = (text: string) => TEXTS.indexOf(text);

function matcherOf(text: string): GrammarMatcher {
  return compileGrammar(parseGbnf(text)).matcher(trie);
}

function allowed(matcher: GrammarMatcher): string[] {
  const { words } = matcher.mask();
  return TEXTS.filter((_, token) => (words[token >>> 5]! & (1 << (token & 31))) !== 0);
}

function write(matcher: GrammarMatcher, text: string): void {
  for (const token of trie.vocabulary.tokenize(text)) matcher.accept(token);
}

function codeOf(run: () => unknown): string | undefined {
  try {
    run();
  } catch (error) {
    if (error instanceof ColloquyError) return error.code;
    throw error;
  }
  return undefined;
}

describe("matcher", () => {
  it("allows end tokens exactly where the text may end", () => {
    const matcher = matcherOf('root ::= "ab" "c"?');
    expect(allowed(matcher)).toEqual(["a", "ab", "abc"]);
    matcher.accept(id("ab"));
    expect([matcher.canEnd, matcher.mustEnd]).toEqual([true, false]);
    expect(allowed(matcher)).toEqual(["</s>", "c"]);
    matcher.accept(id("c"));
    expect([matcher.canEnd, matcher.mustEnd]).toEqual([true, true]);
    expect(allowed(matcher)).toEqual(["</s>"]);
    matcher.accept(id("</s>"));
    expect([matcher.canEnd, matcher.mustEnd]).toEqual([true, true]);
    expect(codeOf(() => matcher.accept(id("a")))).toBe("grammar-mismatch");
  });

  it("refuses tokens that there are not", () => {
    const matcher = matcherOf("root ::= .");
    for (const token of [-1, 1.5, TEXTS.length, Number.NaN]) expect(matcher.allows(token)).toBe(false);
    expect(codeOf(() => matcher.accept(9999))).toBe("grammar-mismatch");
  });

  it("clones walk on independently", () => {
    const matcher = matcherOf('root ::= ("a" | "b")* "c"');
    matcher.accept(id("a"));
    const copy = matcher.clone();
    copy.accept(id("c"));
    expect(copy.mustEnd).toBe(true);
    expect(matcher.mustEnd).toBe(false);
    const mask = matcher.mask();
    expect(allowed(copy)).toEqual(["</s>"]);
    expect(mask.count).toBe(allowed(matcher).length);
    expect([...mask.ids!].map((token) => TEXTS[token])).toEqual(allowed(matcher));
  });

  it("matches whole tokens where the grammar names them", () => {
    const matcher = matcherOf(`root ::= <[${id("")}]> !<[${id("a")}]> "b"`);
    expect(allowed(matcher)).toEqual([""]);
    matcher.accept(id(""));
    const others = allowed(matcher);
    expect(others).toContain("name");
    expect(others).toContain("");
    expect(others).not.toContain("a");
    expect(others).not.toContain("</s>");
    matcher.accept(id("name"));
    expect(allowed(matcher)).toEqual(["b"]);
    expect(codeOf(() => matcherOf("root ::= <[9999]>"))).toBe("grammar-invalid");
    expect(codeOf(() => matcherOf("root ::= <a.b>"))).toBe("grammar-invalid");
  });
});

describe("forced", () => {
  it("is the whole text, however many states that makes", () => {
    const text = "0123456789:".repeat(60);
    const matcher = matcherOf(`root ::= "${text}"`);
    const forced = matcher.forced().map((token) => TEXTS[token]);
    expect(forced.join("")).toBe(text);
  });

  it("gives the canonical tokens and leaves out those that a longer token could replace", () => {
    const matcher = matcherOf('root ::= "{\\"name\\": " ("1" | "\\"a") "."');
    // `": ` could be `": "`, so that the last of the forced text is left to the model.
    expect(matcher.forced().map((token) => TEXTS[token])).toEqual(['{"', "name"]);
    for (const token of matcher.forced().slice()) matcher.accept(token);
    expect(allowed(matcher)).toEqual(['"', '":', '": ', '": "']);
    write(matcher, '": "');
    expect(matcher.forced().map((token) => TEXTS[token])).toEqual(["a", "."]);
  });

  it("is empty where there is a choice, or the text may end", () => {
    expect(matcherOf('root ::= "a" | "b"').forced()).toEqual([]);
    expect(matcherOf('root ::= "a"?').forced()).toEqual([]);
    expect(matcherOf(`root ::= <[3]> "abc"`).forced()).toEqual([]);
  });

  it("stays inside of whole characters", () => {
    expect(matcherOf("root ::= [é-í]").forced()).toEqual([]);
    expect(matcherOf('root ::= "é" .').forced().length).toBe(0);
    expect(
      matcherOf('root ::= "éa"')
        .forced()
        .map((token) => TEXTS[token]),
    ).toEqual(["é", "a"]);
  });

  it("is always allowed, and leaves every continuation reachable", () => {
    let state = 99;
    const random = (below: number) => (state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff) % below;
    let forcedTokens = 0;
    for (let round = 0; round < 300; round++) {
      const word = () => `"${Array.from({ length: 1 + random(5) }, () => "abcname.é"[random(9)]).join("")}"`;
      const matcher = matcherOf(`root ::= ${word()} (${word()} | ${word()} [a-z]) ${word()}`);
      for (let step = 0; step < 20 && !matcher.mustEnd; step++) {
        const forced = matcher.forced();
        if (forced.length > 0) {
          const only = allowed(matcher);
          // Only beginnings of the forced text can come here.
          const text = forced.map((token) => TEXTS[token]).join("");
          for (const other of only) expect(text.startsWith(other) || other.startsWith(text)).toBe(true);
        }
        for (const token of forced) {
          expect(matcher.allows(token)).toBe(true);
          matcher.accept(token);
          forcedTokens++;
        }
        const next = matcher.mask().ids!;
        expect(next.length).toBeGreaterThan(0);
        matcher.accept(next[random(next.length)]!);
      }
    }
    expect(forcedTokens).toBeGreaterThan(300);
  });
});

describe("limits", () => {
  it("counts through large repetitions without unrolling them", () => {
    const matcher = matcherOf('root ::= ("a"{0,10000} "b"){0,100000}');
    for (let i = 0; i < 2500; i++) matcher.accept(id("aaaa"));
    expect(allowed(matcher)).toEqual(["b"]);
  });

  it("begins an automaton afresh when it has grown too large", () => {
    const matcher = matcherOf('root ::= ("[" "a"{0,900} "]"){0,900} "."');
    for (let i = 0; i < 700; i++) {
      matcher.accept(id("["));
      for (let k = 0; k < 225; k++) matcher.accept(id("aaaa"));
      expect(matcher.allows(id("a"))).toBe(false);
      matcher.accept(id("]"));
    }
    expect(allowed(matcher)).toEqual([".", "["].sort((a, b) => id(a) - id(b)));
  });

  it.each([
    ["left recursion", 'root ::= root "a" | "b"'],
    ["left recursion behind something empty", 'root ::= x\nx ::= "a"? root "b" | "c"'],
    ["no end", 'root ::= "a" root'],
  ])("refuses %s", (_, text) => {
    expect(codeOf(() => matcherOf(text))).toBe("grammar-invalid");
  });

  it("bears ambiguity, emptiness and depth", () => {
    const ambiguous = matcherOf('root ::= ("a" root "b" | "a" root "c" | "a")');
    for (let i = 0; i < 200; i++) ambiguous.accept(id("a"));
    expect(allowed(ambiguous)).toEqual(
      ["</s>", "a", "b", "c", "ab", "abc", "aaaa"].filter((text) => text !== "</s>" || ambiguous.canEnd),
    );
    const empty = matcherOf('root ::= (("a"? "b"?)* ("" | "c")){0,1000}');
    for (let i = 0; i < 50; i++) empty.accept(id("abc"));
    expect(empty.canEnd).toBe(true);
    const deep = matcherOf('root ::= "[" root "]" | "a"');
    for (let i = 0; i < 5000; i++) deep.accept(id("["));
    deep.accept(id("a"));
    for (let i = 0; i < 5000; i++) deep.accept(id("]"));
    expect(deep.mustEnd).toBe(true);
  });

  it("gives coded errors for what is too large", () => {
    let rules = "root ::= r0\n";
    for (let i = 0; i < GRAMMAR_LIMITS.rules; i++) rules += `r${i} ::= "a"\n`;
    expect(codeOf(() => matcherOf(rules))).toBe("grammar-limit");
    let node = parsePattern("a");
    for (let i = 0; i < 2000; i++) node = { type: "sequence", items: [node, node] };
    expect(codeOf(() => compileGrammar({ root: "r", rules: new Map([["r", node]]) }))).toBe("grammar-limit");
    for (const bound of [-1, 1.5, Number.NaN, 1e9]) {
      const repeat = { type: "repeat", item: parsePattern("a"), min: bound, max: undefined } as const;
      expect(codeOf(() => compileGrammar({ root: "r", rules: new Map([["r", repeat]]) }))).toMatch(
        /^grammar-/,
      );
    }
  });
});

describe("patterns", () => {
  it.each([
    ["^a|b$", ["axx", "xxb"], ["xax", ""]],
    ["^(a|b)$", ["a", "b"], ["ab"]],
    ["\\d{2,3}", ["a12", "1234b"], ["1a2"]],
    ["^\\w+@[a-z]+\\.(com|org)$", ["a_1@b.org"], ["a@b.net"]],
    ["^[^\\d\\s]$", ["é", "a"], ["1", " ", "ab"]],
    ["^\\p{Lu}\\p{L}*$", ["Éa", "A"], ["a", "É1"]],
    ["^(?:x(?<n>y)?)*?$", ["", "xxy"], ["y"]],
    ["^[\\u{1F600}-\\u{1F64F}\\x41\\cA-]$", ["😀", "A", "\u0001", "-"], ["B"]],
    ["^.$", ["a", "é"], ["\n", "\u2028"]],
    ["^$", [""], ["a"]],
    ["", ["", "anything"], []],
    ["^\\/a\\-b\\$$", ["/a-b$"], []],
    ["^[]$", [], [""]],
  ])("%s", (pattern, yes, no) => {
    const regExp = new RegExp(pattern.replaceAll("\\-", "-"), "u");
    const build = () => compileGrammar({ root: "root", rules: new Map([["root", parsePattern(pattern)]]) });
    if (yes.length === 0) {
      expect(codeOf(build)).toBe("grammar-invalid");
      return;
    }
    const grammar = build();
    for (const text of [...yes, ...no]) expect(grammar.matches(text), text).toBe(regExp.test(text));
    for (const text of yes) expect(grammar.matches(text), text).toBe(true);
  });
});
