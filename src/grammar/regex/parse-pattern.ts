import {
  anyCharacter,
  type CodePointRange,
  characters,
  choice,
  EMPTY,
  type GrammarNode,
  literal,
  NEVER,
  repeat,
  sequence,
} from "../ir.ts";
import { GRAMMAR_LIMITS, limitError } from "../limits.ts";
import { LINE_TERMINATORS } from "./character-classes.ts";
import { parseClass, parseEscape } from "./parse-character.ts";
import { PatternReader } from "./pattern-reader.ts";

export interface PatternOptions {
  /**
   * `true`: the pattern must match the whole text, as if it stood between `^(?:` and `)$`.
   * `false`, the default: it must match somewhere in the text, as JSON Schema's `pattern` does.
   */
  anchored?: boolean;
}

/** One way to match: what is consumed, and whether it must begin or end where the text does. */
interface Variant {
  readonly node: GrammarNode;
  readonly atStart: boolean;
  readonly atEnd: boolean;
}

/**
 * Turns an ECMAScript pattern (as with the `u` flag, no other flags) into a grammar over code points.
 *
 * Supported: literals; `.`; classes with ranges, negation, `\d \D \w \W \s \S`, `\p{…}` and `\P{…}`;
 * the escapes `\t \n \v \f \r \0 \cX \xHH \uHHHH \u{…}` and escaped punctuation; groups, capturing, named or not;
 * alternation; `* + ? {n} {n,} {n,m}`, greedy or lazy (the same texts match); `^` and `$` at the edges of
 * an alternative, inside groups too.
 *
 * @throws ColloquyError `grammar-invalid` for a malformed pattern; `grammar-unsupported` for look-around, word
 * boundaries, back-references, inline flags and for anchors inside a repetition or between characters;
 * `grammar-limit` for a pattern that is too large
 * @example
 * parsePattern("^[a-z]{2,4}$") // the same as parsePattern("[a-z]{2,4}", {anchored: true})
 */
export function parsePattern(pattern: string, options: PatternOptions = {}): GrammarNode {
  if (pattern.length > GRAMMAR_LIMITS.patternLength)
    throw limitError("pattern length", GRAMMAR_LIMITS.patternLength);
  const reader = new PatternReader(pattern);
  const variants = parseAlternatives(reader);
  if (!reader.atEnd) throw reader.invalid(`unexpected ${JSON.stringify(reader.peek())}`);
  const anything = repeat(anyCharacter(), 0);
  const nodes = variants.map(({ node, atStart, atEnd }) => {
    const before = atStart || options.anchored === true ? EMPTY : anything;
    const after = atEnd || options.anchored === true ? EMPTY : anything;
    return flatSequence([before, node, after]);
  });
  return nodes.length === 0 ? NEVER : choice(...nodes);
}

function parseAlternatives(reader: PatternReader): Variant[] {
  const variants: Variant[] = [];
  do variants.push(...parseSequence(reader));
  while (reader.take("|"));
  return mergeVariants(variants);
}

/** At most one variant for each pair of anchors, so that nesting cannot multiply them. */
function mergeVariants(variants: readonly Variant[]): Variant[] {
  const merged: Variant[] = [];
  for (const [atStart, atEnd] of [
    [false, false],
    [true, false],
    [false, true],
    [true, true],
  ] as const) {
    const nodes = variants.filter((v) => v.atStart === atStart && v.atEnd === atEnd).map((v) => v.node);
    if (nodes.length > 0) merged.push({ node: choice(...nodes), atStart, atEnd });
  }
  return merged;
}

function parseSequence(reader: PatternReader): Variant[] {
  let variants: Variant[] = [{ node: EMPTY, atStart: false, atEnd: false }];
  // Terms without anchors are joined all at once: one by one, each would copy all before it.
  let plain: GrammarNode[] = [];
  const joinPlain = () => {
    const run = { node: flatSequence(plain), atStart: false, atEnd: false };
    variants = joinAll(reader, variants, [run]);
    plain = [];
  };
  while (!reader.atEnd && reader.peek() !== "|" && reader.peek() !== ")") {
    const term = parseTerm(reader);
    if (term.length === 1 && !term[0]!.atStart && !term[0]!.atEnd) plain.push(term[0]!.node);
    else {
      joinPlain();
      variants = joinAll(reader, variants, term);
    }
  }
  joinPlain();
  return variants;
}

function joinAll(reader: PatternReader, variants: readonly Variant[], term: readonly Variant[]): Variant[] {
  return mergeVariants(variants.flatMap((left) => term.map((right) => join(reader, left, right))));
}

function join(reader: PatternReader, left: Variant, right: Variant): Variant {
  if (right.atStart && !isEmpty(left.node)) throw reader.unsupported("^ after other characters");
  if (left.atEnd && !isEmpty(right.node)) throw reader.unsupported("$ before other characters");
  return {
    node: flatSequence([left.node, right.node]),
    atStart: left.atStart || right.atStart,
    atEnd: left.atEnd || right.atEnd,
  };
}

function isEmpty(node: GrammarNode): boolean {
  return node.type === "sequence" && node.items.length === 0;
}

function flatSequence(nodes: readonly GrammarNode[]): GrammarNode {
  return sequence(...nodes.flatMap((node) => (node.type === "sequence" ? node.items : [node])));
}

function parseTerm(reader: PatternReader): Variant[] {
  const atom = parseAtom(reader);
  const bounds = parseQuantifier(reader);
  if (bounds === undefined) return atom;
  if (atom.some((variant) => variant.atStart || variant.atEnd))
    throw reader.unsupported("an anchor inside a repetition");
  const node = atom.length === 0 ? NEVER : atom[0]!.node;
  return [{ node: repeat(node, bounds.min, bounds.max), atStart: false, atEnd: false }];
}

function parseQuantifier(reader: PatternReader): { min: number; max: number | undefined } | undefined {
  const found = reader.match(/(?:([*+?])|\{(\d+)(,(\d*))?\})\??/y);
  if (found === null) {
    if (reader.peek() === "{") throw reader.invalid("a brace that is no quantifier must be escaped");
    return undefined;
  }
  if (/[*+?{]/.test(reader.peek() || " ")) throw reader.invalid("nothing to repeat");
  if (found[1] !== undefined) return { min: found[1] === "+" ? 1 : 0, max: found[1] === "?" ? 1 : undefined };
  const min = Number(found[2]);
  const max = found[3] === undefined ? min : found[4] === "" ? undefined : Number(found[4]);
  if (min > GRAMMAR_LIMITS.repetition || (max ?? 0) > GRAMMAR_LIMITS.repetition)
    throw limitError("repetitions", GRAMMAR_LIMITS.repetition);
  if (max !== undefined && max < min) throw reader.invalid("the bounds of a quantifier are out of order");
  return { min, max };
}

function parseAtom(reader: PatternReader): Variant[] {
  if (reader.take("^")) return [{ node: EMPTY, atStart: true, atEnd: false }];
  if (reader.take("$")) return [{ node: EMPTY, atStart: false, atEnd: true }];
  if (reader.take("(")) return parseGroup(reader);
  return [{ node: parseCharacter(reader), atStart: false, atEnd: false }];
}

function parseGroup(reader: PatternReader): Variant[] {
  if (reader.match(/\?<?[=!]/y) !== null) throw reader.unsupported("look-around");
  const name = reader.match(/\?(?::|<([\p{ID_Start}$_][\p{ID_Continue}$\u200c\u200d]*)>)/uy);
  if (name?.[1] !== undefined) reader.nameGroup(name[1]);
  else if (name === null && reader.take("?"))
    throw reader.peek() === "<"
      ? reader.invalid("a group has no proper name")
      : reader.unsupported("inline flags");
  if (reader.nest(1) > GRAMMAR_LIMITS.nesting) throw limitError("nested groups", GRAMMAR_LIMITS.nesting);
  const variants = parseAlternatives(reader);
  reader.nest(-1);
  if (!reader.take(")")) throw reader.invalid("unclosed group");
  return variants;
}

function parseCharacter(reader: PatternReader): GrammarNode {
  const character = reader.next();
  switch (character) {
    case ".":
      return characters(LINE_TERMINATORS, true);
    case "[":
      return characters(parseClass(reader));
    case "\\": {
      const meaning = parseEscape(reader, false);
      return typeof meaning === "number" ? characterNode(meaning) : setNode(meaning);
    }
    case "*":
    case "+":
    case "?":
      throw reader.invalid("nothing to repeat");
    case "{":
    case "}":
    case "]":
      throw reader.invalid(`${character} must be escaped`);
    default:
      return literal(character);
  }
}

const setNodes = new WeakMap<readonly CodePointRange[], GrammarNode>();

/** One node for each well-known set, so that whoever reads the grammar need not look into it twice. */
function setNode(ranges: readonly CodePointRange[]): GrammarNode {
  let node = setNodes.get(ranges);
  if (node === undefined) {
    node = characters(ranges);
    setNodes.set(ranges, node);
  }
  return node;
}

function characterNode(code: number): GrammarNode {
  return code >= 0xd800 && code <= 0xdfff ? NEVER : literal(String.fromCodePoint(code));
}
