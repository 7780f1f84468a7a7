import { ColloquyError } from "../../base/errors.ts";
import { characterRanges } from "../code-points.ts";
import type { CharactersNode, GrammarDefinition, GrammarNode, RepeatNode, TokenNode } from "../ir.ts";
import { GRAMMAR_LIMITS, limitError } from "../limits.ts";
import { type ByteEdge, ItemTable } from "./item-table.ts";
import { type ByteSequence, utf8Sequences } from "./utf8-sequences.ts";

/** A definition in items over bytes, not yet simplified. */
export interface LoweredDefinition {
  readonly items: ItemTable;
  readonly root: number;
  /** The tokens that `token` items ask for. */
  readonly tokens: readonly TokenNode[];
}

/** Translates characters into bytes and names into numbers. */
export function lowerDefinition(definition: GrammarDefinition): LoweredDefinition {
  if (definition.rules.size > GRAMMAR_LIMITS.rules) throw limitError("rules", GRAMMAR_LIMITS.rules);
  const items = new ItemTable();
  const aliases = new Map<string, number>();
  for (const name of definition.rules.keys()) aliases.set(name, items.addAlias(name));
  const lowering: Lowering = { items, aliases, tokens: [], characters: new Map(), nodes: new Map() };
  for (const [name, node] of definition.rules) items.define(aliases.get(name)!, lower(lowering, node, 0));
  return { items, root: aliasOf(lowering, definition.root), tokens: lowering.tokens };
}

interface Lowering {
  readonly items: ItemTable;
  readonly aliases: ReadonlyMap<string, number>;
  readonly tokens: TokenNode[];
  /** Items of character sets that were lowered before, by their ranges, and by their nodes. */
  readonly characters: Map<string, number>;
  readonly nodes: Map<CharactersNode, number>;
}

function aliasOf(lowering: Lowering, name: string): number {
  const alias = lowering.aliases.get(name);
  if (alias === undefined)
    throw new ColloquyError("grammar-invalid", `The grammar has no rule named ${JSON.stringify(name)}`);
  return alias;
}

function lower(lowering: Lowering, node: GrammarNode, depth: number): number {
  if (depth > GRAMMAR_LIMITS.definitionNesting)
    throw limitError("nested nodes", GRAMMAR_LIMITS.definitionNesting);
  const { items } = lowering;
  switch (node.type) {
    case "literal":
      return items.addText(checkText(node.text));
    case "bytes":
      return items.addByteText(node.bytes);
    case "characters":
      return lowerCharacters(lowering, node);
    case "sequence": {
      let item = 0;
      for (let i = node.items.length - 1; i >= 0; i--)
        item = items.addPair(lower(lowering, node.items[i]!, depth + 1), item);
      return item;
    }
    case "choice":
      return lowerChoice(lowering, node.options, depth);
    case "repeat":
      return lowerRepeat(lowering, node, depth);
    case "rule":
      return aliasOf(lowering, node.name);
    case "token":
      lowering.tokens.push(node);
      return items.addToken(lowering.tokens.length - 1);
  }
}

function lowerRepeat(lowering: Lowering, { item, min, max }: RepeatNode, depth: number): number {
  for (const bound of [min, max ?? 0]) {
    if (!Number.isSafeInteger(bound) || bound < 0)
      throw new ColloquyError("grammar-invalid", `A repetition has the bound ${bound}`);
    if (bound > GRAMMAR_LIMITS.repetition) throw limitError("repetitions", GRAMMAR_LIMITS.repetition);
  }
  if (max !== undefined && max < min)
    throw new ColloquyError("grammar-invalid", `A repetition has the bounds ${min} to ${max}`);
  const lowered = lower(lowering, item, depth + 1);
  if (min === 1 && max === 1) return lowered;
  return lowering.items.addRepeat(lowered, min, max ?? -1);
}

/** The texts among the options become one item: where they begin alike, they are read together. */
function lowerChoice(lowering: Lowering, options: readonly GrammarNode[], depth: number): number {
  const { items } = lowering;
  const texts: string[] = [];
  const children: number[] = [];
  for (const option of options)
    if (option.type === "literal" && option.text !== "" && option.text.length <= LONGEST_WORD)
      texts.push(checkText(option.text));
    else children.push(lower(lowering, option, depth + 1));
  if (texts.length > 0) children.push(items.addWords(texts));
  return items.addChoice(children);
}

/** Longer texts stand alone: how far a word is read is part of a number that must stay exact. */
const LONGEST_WORD = 1000;
/** Half of a surrogate pair. */
const LONE_SURROGATE = /[\ud800-\udfff]/u;

function checkText(text: string): string {
  if (LONE_SURROGATE.test(text))
    throw new ColloquyError("grammar-invalid", "A text has half of a surrogate pair in it");
  return text;
}

function lowerCharacters(lowering: Lowering, node: CharactersNode): number {
  const before = lowering.nodes.get(node);
  if (before !== undefined) return before;
  const ranges = characterRanges(node.ranges, node.negated);
  const key = ranges.join(";");
  const item = lowering.characters.get(key) ?? lowerSequences(lowering.items, ranges.flatMap(utf8Sequences));
  lowering.characters.set(key, item);
  lowering.nodes.set(node, item);
  return item;
}

/** Disjoint ranges give sequences whose ranges at one position are equal or disjoint: a tree, shared bottom up. */
function lowerSequences(items: ItemTable, sequences: readonly ByteSequence[]): number {
  const groups = new Map<string, ByteSequence[]>();
  for (const sequence of sequences) {
    const key = sequence[0]!.join();
    const group = groups.get(key);
    if (group === undefined) groups.set(key, [sequence]);
    else group.push(sequence);
  }
  const edges: ByteEdge[] = [];
  for (const group of groups.values()) {
    const [first, last] = group[0]![0]!;
    const rests = group.filter((sequence) => sequence.length > 1).map((sequence) => sequence.slice(1));
    const target = rests.length === 0 ? 0 : lowerSequences(items, rests);
    const previous = edges[edges.length - 1];
    if (previous !== undefined && previous.target === target && previous.last + 1 === first)
      edges[edges.length - 1] = { first: previous.first, last, target };
    else edges.push({ first, last, target });
  }
  return items.addBytes(edges);
}
