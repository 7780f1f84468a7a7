/**
 * The common output of the grammar front ends (GBNF, patterns, JSON schemas) and the only input of the compiler.
 * Text is in Unicode code points; the compiler turns it into UTF-8.
 */
export type GrammarNode =
  | LiteralNode
  | BytesNode
  | CharactersNode
  | SequenceNode
  | ChoiceNode
  | RepeatNode
  | RuleNode
  | TokenNode;

/** Exactly this text. An empty text matches nothing and always. */
export interface LiteralNode {
  readonly type: "literal";
  readonly text: string;
}

/** Exactly these bytes, which need not be valid UTF-8. */
export interface BytesNode {
  readonly type: "bytes";
  readonly bytes: Uint8Array;
}

/** An inclusive range of code points. */
export type CodePointRange = readonly [first: number, last: number];

/**
 * One code point of (or, when negated, outside of) the ranges. Surrogates are no characters and never match.
 * Ranges may overlap and come in any order.
 */
export interface CharactersNode {
  readonly type: "characters";
  readonly ranges: readonly CodePointRange[];
  readonly negated: boolean;
}

/** All items, one after another. The empty sequence matches the empty text. */
export interface SequenceNode {
  readonly type: "sequence";
  readonly items: readonly GrammarNode[];
}

/** Any one of the options. The empty choice matches no text at all. */
export interface ChoiceNode {
  readonly type: "choice";
  readonly options: readonly GrammarNode[];
}

/** The item, `min` to `max` times; without end where `max` is `undefined`. */
export interface RepeatNode {
  readonly type: "repeat";
  readonly item: GrammarNode;
  readonly min: number;
  readonly max: number | undefined;
}

/** What the rule of that name matches. */
export interface RuleNode {
  readonly type: "rule";
  readonly name: string;
}

/**
 * One token of the vocabulary, by id or by its text (which must be exactly one token, special tokens included);
 * when negated, any one token that is not this one.
 */
export interface TokenNode {
  readonly type: "token";
  readonly token: number | string;
  readonly negated: boolean;
}

/** A whole grammar: the text must match the rule named `root`. */
export interface GrammarDefinition {
  readonly root: string;
  readonly rules: ReadonlyMap<string, GrammarNode>;
}

/** The greatest Unicode code point. */
export const MAX_CODE_POINT = 0x10ffff;

/** The node that matches the empty text. */
export const EMPTY: SequenceNode = { type: "sequence", items: [] };

/** The node that matches no text at all. */
export const NEVER: ChoiceNode = { type: "choice", options: [] };

/** Exactly this text. */
export function literal(text: string): LiteralNode {
  return { type: "literal", text };
}

/** One code point of the ranges: `characters([[0x30, 0x39]])` is a decimal digit. */
export function characters(ranges: readonly CodePointRange[], negated = false): CharactersNode {
  return { type: "characters", ranges, negated };
}

/** Any one code point. */
export function anyCharacter(): CharactersNode {
  return { type: "characters", ranges: [], negated: true };
}

/** All items, one after another. */
export function sequence(...items: readonly GrammarNode[]): GrammarNode {
  return items.length === 1 ? items[0]! : { type: "sequence", items };
}

/** Any one of the options. */
export function choice(...options: readonly GrammarNode[]): GrammarNode {
  return options.length === 1 ? options[0]! : { type: "choice", options };
}

/** The item, `min` to `max` times; without end where `max` is left out. */
export function repeat(item: GrammarNode, min: number, max?: number): RepeatNode {
  return { type: "repeat", item, min, max };
}

/** The item or nothing. */
export function optional(item: GrammarNode): RepeatNode {
  return { type: "repeat", item, min: 0, max: 1 };
}

/** What the rule of that name matches. */
export function rule(name: string): RuleNode {
  return { type: "rule", name };
}
