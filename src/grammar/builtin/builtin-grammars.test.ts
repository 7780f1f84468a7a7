import { describe, expect, it } from "vitest";
import { compileGrammar } from "../compiled-grammar.ts";
import { parseGbnf } from "../gbnf/parse-gbnf.ts";
import { BUILTIN_GRAMMAR_NAMES, type BuiltinGrammarName, builtinGrammar } from "./builtin-grammars.ts";

const SAMPLES: Record<BuiltinGrammarName, { yes: string[]; no: string[] }> = {
  json: {
    yes: ["{}", '{"a": [1, -2.5e+3, true, null], "é\\n\\u00e9": {"b": ""}}', '{\n  "a": "x"\n}'],
    no: ["", "[]", "{'a': 1}", '{"a": 01}', '{"a": 1,}', '{"a": "\n"}', '{"a": "\\x"}', '{"a"}', "{} {}"],
  },
  json_arr: { yes: ["[]", '[1, "a", [{}]]', "[\n  1,\n  2\n]"], no: ["{}", "[1,]", "[01]"] },
  list: { yes: ["- a\n", "- one thing\n- another\n"], no: ["", "- a", "a\n", "- \n"] },
  arithmetic: { yes: ["(x + 2) * 7 = 21\n", "1=1\n2 = a - -3\n"], no: ["1 + = 2\n", "1 = 2"] },
  chess: {
    yes: ["1. e4 e5\n2. Nf3 Nc6\n", "1. exd8=Q+ O-O-O#\n", "10. R1xa3\n"],
    no: ["e4\n", "1. e9 e5\n", "0. e4\n", "1. Pe4\n"],
  },
  japanese: { yes: ["これはテストです。", "日本語、カタカナ。\n「はい」"], no: ["abc", "これはtest"] },
  english: { yes: ["Hello, world!", "It’s 5 o'clock."], no: ["", "これ", "a\u0000"] },
  c: {
    yes: [
      "int main() {\nreturn 0;\n}\n",
      'int f(int a, char *b[]) {\n  for (int i = 0; i < 3; i++) {\n    g(a[i], "x\\n");\n  }\n  if (!a) {\n x = 1;\n}\n// done\n  return (a + 1);\n}\n',
    ],
    no: ["main() {}", "int main() { return 0 }", "int 1x;"],
  },
};

describe("built-in grammars", () => {
  it.each(BUILTIN_GRAMMAR_NAMES)("%s", (name) => {
    const grammar = compileGrammar(parseGbnf(builtinGrammar(name)));
    for (const text of SAMPLES[name].yes) expect(grammar.matches(text), text).toBe(true);
    for (const text of SAMPLES[name].no) expect(grammar.matches(text), text).toBe(false);
  });
});
