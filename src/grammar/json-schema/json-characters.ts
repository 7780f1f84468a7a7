import { characterRanges, complementRanges, intersectRanges } from "../code-points.ts";
import {
  type CodePointRange,
  characters,
  choice,
  type GrammarNode,
  literal,
  NEVER,
  repeat,
  sequence,
} from "../ir.ts";

/** Characters that JSON strings cannot hold unescaped: controls, the quotation mark and the backslash. */
const ESCAPED: readonly CodePointRange[] = [
  [0, 0x1f],
  [0x22, 0x22],
  [0x5c, 0x5c],
];

const PLAIN = complementRanges(ESCAPED);

const hex = characters([
  [0x30, 0x39],
  [0x41, 0x46],
  [0x61, 0x66],
]);
const oneOf = (text: string) =>
  characters(
    [...text].map((character): CodePointRange => [character.codePointAt(0)!, character.codePointAt(0)!]),
  );

/** `\uXXXX` of one code point: a surrogate only as one half of a pair, so that the text stays valid Unicode. */
const unicodeEscape = choice(
  sequence(literal("\\u"), oneOf("0123456789abcefABCEF"), repeat(hex, 3, 3)),
  sequence(literal("\\u"), oneOf("dD"), characters([[0x30, 0x37]]), repeat(hex, 2, 2)),
  sequence(
    literal("\\u"),
    oneOf("dD"),
    oneOf("89abAB"),
    repeat(hex, 2, 2),
    literal("\\u"),
    oneOf("dD"),
    oneOf("cdefCDEF"),
    repeat(hex, 2, 2),
  ),
);

/** One code point of a JSON string in any spelling. */
export const JSON_CHARACTER: GrammarNode = choice(
  characters(ESCAPED, true),
  sequence(literal("\\"), oneOf('"\\/bfnrt')),
  unicodeEscape,
);

/**
 * One code point of a set, spelled as JSON.stringify spells it. One spelling for each code point keeps what a
 * pattern says about the decoded text true of the written text.
 */
export function jsonCharacters(ranges: readonly CodePointRange[], negated = false): GrammarNode {
  const [only] = ranges;
  if (!negated && ranges.length === 1 && only![0] === only![1] && !isSurrogate(only![0]))
    return literal(spell(String.fromCodePoint(only![0])));
  const set = characterRanges(ranges, negated);
  const options: GrammarNode[] = [];
  const plain = intersectRanges(set, PLAIN);
  if (plain.length > 0) options.push(characters(plain));
  for (const [first, last] of intersectRanges(set, ESCAPED)) {
    for (let code = first; code <= last; code++) options.push(literal(spell(String.fromCharCode(code))));
  }
  return options.length === 0 ? NEVER : choice(...options);
}

function isSurrogate(code: number): boolean {
  return code >= 0xd800 && code <= 0xdfff;
}

/** A text as it stands inside the quotation marks of JSON. */
export function spell(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** The grammar of the texts of a pattern, as they stand inside the quotation marks of JSON. */
export function spellNode(node: GrammarNode): GrammarNode {
  switch (node.type) {
    case "literal":
      return literal(spell(node.text));
    case "characters":
      return jsonCharacters(node.ranges, node.negated);
    case "sequence":
      return { type: "sequence", items: node.items.map(spellNode) };
    case "choice":
      return { type: "choice", options: node.options.map(spellNode) };
    case "repeat":
      return { ...node, item: spellNode(node.item) };
    default:
      return node;
  }
}
