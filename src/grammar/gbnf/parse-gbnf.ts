import { ColloquyError } from "../../base/errors.ts";
import {
  anyCharacter,
  type CodePointRange,
  characters,
  choice,
  type GrammarDefinition,
  type GrammarNode,
  literal,
  repeat,
  rule,
  sequence,
} from "../ir.ts";
import { GRAMMAR_LIMITS, limitError } from "../limits.ts";
import { GbnfReader } from "./gbnf-reader.ts";

const NAME = /[A-Za-z0-9-]+/y;

/**
 * Reads a grammar in GBNF, the notation of llama.cpp (its `grammars/README.md` describes it): rules `name ::= …`,
 * literals, classes, `.`, groups, `|`, `* + ? {n} {n,} {n,m}`, comments, and the tokens `<[id]>`, `<text>`, `!<…>`.
 * A rule that is defined twice has its last meaning, as in llama.cpp. Unlike there, a finite upper bound of a
 * repetition is always kept.
 *
 * @param root name of the rule that the whole text must match, `"root"` by default
 * @throws ColloquyError `grammar-invalid` with line and column; `grammar-limit` for a text that is too large
 * @example
 * parseGbnf('root ::= "yes" | "no"')
 */
export function parseGbnf(text: string, root = "root"): GrammarDefinition {
  if (text.length > GRAMMAR_LIMITS.gbnfLength) throw limitError("GBNF length", GRAMMAR_LIMITS.gbnfLength);
  const reader = new GbnfReader(text);
  const rules = new Map<string, GrammarNode>();
  const undefinedUses = new Map<string, number>();
  const context: Context = { reader, rules, undefinedUses };
  reader.skipSpace(true);
  while (!reader.atEnd) parseRule(context);
  for (const [name, position] of undefinedUses)
    throw reader.invalid(`rule ${name} is not defined, used`, position);
  if (!rules.has(root))
    throw new ColloquyError(
      "grammar-invalid",
      `Invalid GBNF grammar: no rule is named ${JSON.stringify(root)}`,
    );
  return { root, rules };
}

interface Context {
  readonly reader: GbnfReader;
  readonly rules: Map<string, GrammarNode>;
  /** The first use of each name that has no rule yet. */
  readonly undefinedUses: Map<string, number>;
}

function parseRule(context: Context): void {
  const { reader, rules, undefinedUses } = context;
  const name = reader.match(NAME);
  if (name === undefined) throw reader.invalid("expected a rule name");
  reader.skipSpace(false);
  reader.expect("::=");
  reader.skipSpace(true);
  const node = parseAlternatives(context, 0);
  if (!reader.atEnd && reader.match(/\r\n|\r|\n/y) === undefined)
    throw reader.invalid("expected the end of the line");
  reader.skipSpace(true);
  rules.set(name, node);
  undefinedUses.delete(name);
  if (rules.size > GRAMMAR_LIMITS.rules) throw limitError("rules", GRAMMAR_LIMITS.rules);
}

function parseAlternatives(context: Context, depth: number): GrammarNode {
  if (depth > GRAMMAR_LIMITS.nesting) throw limitError("nested groups", GRAMMAR_LIMITS.nesting);
  const options = [parseSequence(context, depth)];
  while (context.reader.take("|")) {
    context.reader.skipSpace(true);
    options.push(parseSequence(context, depth));
  }
  return choice(...options);
}

function parseSequence(context: Context, depth: number): GrammarNode {
  const { reader } = context;
  const items: GrammarNode[] = [];
  for (;;) {
    const bounds = parseRepetition(reader, depth > 0);
    if (bounds !== undefined) {
      const item = items.pop();
      if (item === undefined) throw reader.invalid("nothing to repeat");
      items.push(repeat(item, bounds.min, bounds.max));
      continue;
    }
    const item = parseItem(context, depth);
    if (item === undefined) return sequence(...items);
    items.push(item);
    reader.skipSpace(depth > 0);
  }
}

function parseItem(context: Context, depth: number): GrammarNode | undefined {
  const { reader } = context;
  switch (reader.peek()) {
    case '"':
      return parseLiteral(reader);
    case "[":
      return parseClass(reader);
    case ".":
      reader.expect(".");
      return anyCharacter();
    case "<":
    case "!":
      return parseToken(reader);
    case "(":
      return parseGroup(context, depth);
    default:
      return parseReference(context);
  }
}

function parseLiteral(reader: GbnfReader): GrammarNode {
  reader.expect('"');
  let text = "";
  while (!reader.take('"')) {
    const code = reader.readCharacter();
    if (code >= 0xd800 && code <= 0xdfff) throw reader.invalid("a surrogate is no character");
    text += String.fromCodePoint(code);
  }
  return literal(text);
}

function parseClass(reader: GbnfReader): GrammarNode {
  reader.expect("[");
  const negated = reader.take("^");
  const ranges: CodePointRange[] = [];
  while (!reader.take("]")) {
    const first = reader.readCharacter();
    const last = reader.match(/-(?!\])/y) === undefined ? first : reader.readCharacter();
    if (first > last) throw reader.invalid("character range out of order");
    ranges.push([first, last]);
  }
  if (ranges.length === 0) throw reader.invalid("empty character class");
  return characters(ranges, negated);
}

function parseToken(reader: GbnfReader): GrammarNode {
  const negated = reader.take("!");
  reader.expect("<");
  if (reader.take("[")) {
    const id = reader.match(/\d{1,9}/y);
    if (id === undefined) throw reader.invalid("expected a token id");
    reader.expect("]>");
    return { type: "token", token: Number(id), negated };
  }
  const text = reader.match(/[^>]+/y);
  if (text === undefined) throw reader.invalid("expected a token");
  reader.expect(">");
  return { type: "token", token: `<${text}>`, negated };
}

function parseGroup(context: Context, depth: number): GrammarNode {
  const { reader } = context;
  reader.expect("(");
  reader.skipSpace(true);
  const node = parseAlternatives(context, depth + 1);
  reader.expect(")");
  return node;
}

function parseReference(context: Context): GrammarNode | undefined {
  const { reader, rules, undefinedUses } = context;
  const position = reader.position;
  const name = reader.match(NAME);
  if (name === undefined) return undefined;
  if (!rules.has(name) && !undefinedUses.has(name)) undefinedUses.set(name, position);
  return rule(name);
}

function parseRepetition(
  reader: GbnfReader,
  nested: boolean,
): { min: number; max: number | undefined } | undefined {
  const sign = reader.match(/[*+?]/y);
  if (sign !== undefined) {
    reader.skipSpace(nested);
    return { min: sign === "+" ? 1 : 0, max: sign === "?" ? 1 : undefined };
  }
  if (!reader.take("{")) return undefined;
  const min = readBound(reader, nested);
  if (min === undefined) throw reader.invalid("expected a number");
  let max: number | undefined = min;
  if (reader.take(",")) max = readBound(reader, nested);
  reader.expect("}");
  reader.skipSpace(nested);
  if (max !== undefined && max < min) throw reader.invalid("the bounds of a repetition are out of order");
  return { min, max };
}

function readBound(reader: GbnfReader, nested: boolean): number | undefined {
  reader.skipSpace(nested);
  const digits = reader.match(/\d+/y);
  reader.skipSpace(nested);
  if (digits === undefined) return undefined;
  if (Number(digits) > GRAMMAR_LIMITS.repetition) throw limitError("repetitions", GRAMMAR_LIMITS.repetition);
  return Number(digits);
}
