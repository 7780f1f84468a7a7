import { damageText } from "./damage.ts";
import type { Draw } from "./draw.ts";

const LITERALS = [
  "a",
  "b",
  "ab",
  "aab",
  "",
  " ",
  "é",
  "😀",
  "\\n",
  "\\x41",
  "\\u00e9",
  "\\U0001F600",
  "{",
  '\\"',
];
const CLASSES = [
  "[a-z]",
  "[ab]",
  "[^a]",
  "[^\\n]",
  "[à-ÿ😀]",
  "[\\x00-\\x7F]",
  "[^\\x00-\\x7F]",
  "[-a]",
  "[a-]",
  ".",
];
const TOKENS = ["<[3]>", "!<[4]>", "<|end|>", "!<|end|>", "<[900]>"];
const QUANTIFIERS = ["*", "+", "?", "{2}", "{0,3}", "{1,}", "{2,5}"];
const LARGE = ["{0,242}", "{100}", "{50,1000}", "{0,65536}", "{1000,}", "{1000000}", "{0,1000001}"];

/** What a rule may refer to. */
interface Rules {
  readonly all: readonly string[];
  readonly later: readonly string[];
}

/** A grammar in GBNF: mostly well formed, now and then hostile or damaged. */
export function randomGbnf(draw: Draw): string {
  const text = draw.chance(0.04) ? hostileGbnf(draw) : plainGbnf(draw);
  return draw.chance(0.3) ? damageText(draw, text) : text;
}

function plainGbnf(draw: Draw): string {
  const names = ["root", "r-1", "Two", "x3"].slice(0, 1 + draw.below(4));
  return names
    .map((name, index) => {
      // Rules refer to later ones freely, and to all behind a character; now and then a rule begins with itself.
      const rules = { all: names, later: draw.chance(0.05) ? names : names.slice(index + 1) };
      const comment = draw.chance(0.1) ? ' # a comment: "[(\n' : "\n";
      const space = draw.pick(["", " ", "\t", "\n  "]);
      return `${name} ::=${space}${alternatives(draw, rules, 3)}${comment}`;
    })
    .join(draw.pick(["", "\n", "# between\n"]));
}

function alternatives(draw: Draw, rules: Rules, depth: number): string {
  const count = 1 + draw.below(3);
  const options = Array.from({ length: count }, () => sequence(draw, rules, depth));
  return options.join(draw.pick([" | ", "|", " |\n "]));
}

function sequence(draw: Draw, rules: Rules, depth: number): string {
  const count = draw.chance(0.05) ? 0 : 1 + draw.below(3);
  return Array.from({ length: count }, () => {
    const quantifier = draw.chance(0.35) ? draw.pick(draw.chance(0.06) ? LARGE : QUANTIFIERS) : "";
    const again = quantifier !== "" && draw.chance(0.05) ? draw.pick(QUANTIFIERS) : "";
    return symbol(draw, rules, depth) + quantifier + again;
  }).join(" ");
}

function symbol(draw: Draw, rules: Rules, depth: number): string {
  if (depth > 0 && draw.chance(0.3))
    return `(${draw.pick(["", "\n "])}${alternatives(draw, rules, depth - 1)})`;
  if (rules.later.length > 0 && draw.chance(0.2)) return draw.pick(rules.later);
  if (draw.chance(0.1)) return `"b" ${draw.pick(rules.all)}`;
  if (draw.chance(0.4)) return draw.pick(CLASSES);
  if (draw.chance(0.03)) return draw.pick(TOKENS);
  return `"${draw.pick(LITERALS)}${draw.pick(LITERALS)}"`;
}

/** Shapes that multiply: nesting, repetitions of repetitions, many ways to read one text. */
function hostileGbnf(draw: Draw): string {
  const n = 1 + draw.below(300);
  switch (draw.below(8)) {
    case 0:
      return `root ::= ${"(".repeat(n)}"a"${")*".repeat(n)}`;
    case 1:
      return `root ::= [a-z] ("a"{0,${n}} | root{0,${1 + draw.below(9)}})`;
    case 2:
      return `root ::= ${'"a"? '.repeat(n)}`;
    case 3:
      return `root ::= ${'("a" | "a" "a")* '.repeat(1 + draw.below(12))}"b"`;
    case 4:
      return `root ::= (("a"{0,${n}}){0,${n}}){0,${n}} "b"`;
    case 5:
      return `root ::= ${Array.from({ length: n }, (_, i) => `"${"a".repeat(i % 40)}"`).join(" | ")}`;
    case 6: {
      const rules = Array.from({ length: n }, (_, i) => `r${i} ::= r${i + 1} r${i + 1} | r${i + 1} "a"?\n`);
      return `root ::= r0\n${rules.join("")}r${n} ::= "a"*\n`;
    }
    default:
      return `root ::= "a" root root{0,${n}} | "a"? "b" | [a-c] root "c"`;
  }
}
