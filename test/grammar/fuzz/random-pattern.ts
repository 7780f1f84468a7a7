import { damageText } from "./damage.ts";
import type { Draw } from "./draw.ts";

const ATOMS = [
  ..."ab1-é😀",
  "\\d",
  "\\w",
  "\\s",
  "\\D",
  "\\W",
  ".",
  "[a-c]",
  "[^ab]",
  "[\\w-]",
  "\\x61",
  "\\u0061",
];
const RARE = [
  "\\u{1F600}",
  "\\ud83d\\ude00",
  "\\p{L}",
  "\\P{Lu}",
  "\\p{Script=Greek}",
  "\\0",
  "\\cA",
  "\\.",
  "\\/",
  "[]",
];
const REFUSED = ["(?=a)", "(?<!a)", "\\b", "\\1", "(?i:a)", "\\k<n>"];
const QUANTIFIERS = ["*", "+", "?", "{2}", "{0,3}", "{1,}", "*?", "+?", "{2,4}?"];
const LARGE = ["{0,250}", "{100}", "{20,500}", "{5000}", "{0,65536}", "{1000001}"];

/** An ECMAScript pattern: mostly well formed, now and then hostile or damaged. */
export function randomPattern(draw: Draw): string {
  let pattern = draw.chance(0.04) ? hostilePattern(draw) : alternatives(draw, 2);
  if (draw.chance(0.3)) pattern = `^(?:${pattern})$`;
  return draw.chance(0.25) ? damageText(draw, pattern) : pattern;
}

function alternatives(draw: Draw, depth: number): string {
  return Array.from({ length: 1 + draw.below(3) }, () => {
    const begin = draw.chance(0.1) ? "^" : "";
    const end = draw.chance(0.1) ? "$" : "";
    return begin + Array.from({ length: draw.below(4) }, () => term(draw, depth)).join("") + end;
  }).join("|");
}

function term(draw: Draw, depth: number): string {
  const quantifier = draw.chance(0.35) ? draw.pick(draw.chance(0.05) ? LARGE : QUANTIFIERS) : "";
  if (depth > 0 && draw.chance(0.3))
    return `${draw.pick(["(", "(?:", "(?<n>"])}${alternatives(draw, depth - 1)})${quantifier}`;
  const stock = draw.chance(0.06) ? RARE : draw.chance(0.01) ? REFUSED : ATOMS;
  return draw.pick(stock) + quantifier;
}

function hostilePattern(draw: Draw): string {
  const n = 1 + draw.below(250);
  switch (draw.below(8)) {
    case 0:
      return `${"(".repeat(n)}a${")*".repeat(n)}`;
    case 1:
      return "a?".repeat(n) + "a".repeat(draw.below(9));
    case 2:
      return "(?:(?:a{0,99}){0,99}){0,99}b";
    case 3:
      return `(?:a|b)*a(?:a|b){${n}}`;
    case 4:
      return `(?:${"(?:a|aa)*".repeat(1 + draw.below(20))})+c`;
    case 5:
      return Array.from({ length: n }, (_, i) => `${"ab".repeat(i % 30)}c?`).join("|");
    case 6:
      return "\\p{L}{1,20}".repeat(1 + draw.below(60));
    default:
      return `(?:.{0,${n}}a){0,${n}}(?:[^b]{0,${n}}|\\w{${n},})`;
  }
}
