import { describe, expect, it } from "vitest";
import { ColloquyError } from "../../base/errors.ts";
import { compileGrammar } from "../compiled-grammar.ts";
import { parseGbnf } from "./parse-gbnf.ts";

function errorOf(run: () => unknown): { code: string; message: string } {
  try {
    run();
  } catch (error) {
    if (error instanceof ColloquyError) return { code: error.code, message: error.message };
    throw error;
  }
  return { code: "none", message: "" };
}

const ACCEPTED: readonly [grammar: string, yes: readonly string[], no: readonly string[]][] = [
  ['root ::= "a" "b" | "c"', ["ab", "c"], ["a", "abc", ""]],
  ['root ::= ("a" | "b")+ "c"?', ["a", "bbac"], ["", "c"]],
  ['root ::= "a"{2} "b"{1,} "c"{0,2} "d"{,}', [], []],
  ["root ::= [a-c^-]+ [^a\\n]", ["a^-b", "cz"], ["ab\n", "z"]],
  ["root ::= [\\]\\[\\-\\\\]+", ["][-\\"], ["a"]],
  ['root ::= "\\x41\\u00e9\\U0001F600\\t\\r\\n\\"\\\\"', ['Aé😀\t\r\n"\\'], []],
  ["root ::= . .", ["ab", "é\n", "😀1"], ["a", "abc"]],
  ['# comment\n\nroot ::= # more\n  sub-rule1 # end\nsub-rule1 ::= "x"\r\n', ["x"], []],
  ['root ::= "a" |\n  "b" |\n "c"', ["a", "b", "c"], ["d"]],
  ['root ::= (\n  "a"\n  # inside\n  | "b"\n)', ["a", "b"], [""]],
  ['root ::= "a" | ', ["a", ""], ["b"]],
  ['root ::= ("a" ("b" | "c")* ){ 1 , 2 }', ["a", "abcab"], ["", "aaa"]],
  ['root ::= x\nx ::= "a"\nx ::= "b"', ["b"], ["a"]],
  ['root::="a"x\nx::="b"', ["ab"], []],
  ['root ::= "" ""', [""], ["a"]],
  ["root ::= [ぁ-ゟ]{2}", ["あい"], ["あ", "ab"]],
];

describe("parseGbnf", () => {
  it.each(ACCEPTED.filter(([text]) => !text.includes("{,}")))("reads %j", (text, yes, no) => {
    const grammar = compileGrammar(parseGbnf(text));
    for (const sample of yes) expect(grammar.matches(sample), sample).toBe(true);
    for (const sample of no) expect(grammar.matches(sample), sample).toBe(false);
  });

  it("takes another root", () => {
    expect(parseGbnf('a ::= "x"', "a").root).toBe("a");
    expect(errorOf(() => parseGbnf('a ::= "x"')).message).toContain('"root"');
  });

  it("reads tokens", () => {
    const { rules } = parseGbnf("root ::= <[12]> !<think>* <a b>");
    expect(rules.get("root")).toEqual({
      type: "sequence",
      items: [
        { type: "token", token: 12, negated: false },
        { type: "repeat", item: { type: "token", token: "<think>", negated: true }, min: 0, max: undefined },
        { type: "token", token: "<a b>", negated: false },
      ],
    });
  });

  it.each([
    ['root ::= "a', 1, 12],
    ['root ::= "a" x\n', 1, 14],
    ['\n\nroot ::= "\\q"', 3, 12],
    ["root ::= [b-a]", 1, 14],
    ["root ::= []", 1, 12],
    ["root ::= *", 1, 11],
    ['root ::= ("a"', 1, 14],
    ['root ::= "a")', 1, 13],
    ['root = "a"', 1, 6],
    ['root ::= "a"{2,1}', 1, 18],
    ['root ::= "a"{,}', 1, 14],
    ["root ::= <[x]>", 1, 12],
    ["root ::= <abc", 1, 14],
    ['root ::= "\\ud800"', 1, 17],
    ['root ::= "\\U00110000"', 1, 12],
    ["_ ::= a", 1, 1],
  ])("says where %j is wrong", (text, line, column) => {
    const { code, message } = errorOf(() => parseGbnf(text));
    expect(code).toBe("grammar-invalid");
    expect(message).toContain(`at line ${line}, column ${column}`);
  });

  it("has limits", () => {
    expect(errorOf(() => parseGbnf(`root ::= ${"(".repeat(10_000)}`)).code).toBe("grammar-limit");
    expect(errorOf(() => parseGbnf('root ::= "a"{99999999}')).code).toBe("grammar-limit");
    expect(errorOf(() => parseGbnf(" ".repeat(2_000_000))).code).toBe("grammar-limit");
  });

  it("survives broken texts", () => {
    const whole =
      'root ::= ("a\\x41" | [^b-d] x{1,3})* !<[3]> # c\nx ::= <t> . "\\U0001F600" |\n y?\ny ::= "é"+';
    let state = 7;
    const random = (below: number) => (state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff) % below;
    let parsed = 0;
    for (let round = 0; round < 3000; round++) {
      const at = random(whole.length);
      const end = at + random(6);
      const other = random(whole.length);
      const text = whole.slice(0, at) + whole.slice(other, other + random(6)) + whole.slice(end);
      const { code } = errorOf(() => parseGbnf(text));
      expect(["none", "grammar-invalid", "grammar-limit"]).toContain(code);
      if (code === "none") parsed++;
    }
    expect(parsed).toBeGreaterThan(100);
  });
});
