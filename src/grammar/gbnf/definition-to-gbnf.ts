import { ColloquyError } from "../../base/errors.ts";
import type { CharactersNode, GrammarDefinition, GrammarNode } from "../ir.ts";

const ANY_TEXT = "[\\u0000-\\U0010FFFF]";
const NEVER_TEXT = "[^\\u0000-\\U0010FFFF]";

/**
 * A grammar as GBNF, for engines that take it as text. The rule that the text must match is named `root` there; the
 * others get names of their own. `parseGbnf` reads the result back to a grammar of the same texts.
 *
 * @throws ColloquyError `grammar-unsupported` for bytes that are no whole characters, which GBNF cannot say
 * @example
 * definitionToGbnf(schemaToGrammar({type: "boolean"})); // root ::= …
 */
export function definitionToGbnf(definition: GrammarDefinition): string {
  const names = new Map<string, string>([[definition.root, "root"]]);
  const queue = [definition.root];
  const nameOf = (rule: string): string => {
    let name = names.get(rule);
    if (name === undefined) {
      name = `r${names.size}`;
      names.set(rule, name);
      queue.push(rule);
    }
    return name;
  };
  const lines: string[] = [];
  for (const rule of queue) {
    const node = definition.rules.get(rule);
    if (node === undefined) throw new ColloquyError("grammar-invalid", `The rule ${rule} is not defined`);
    lines.push(`${nameOf(rule)} ::= ${render(node, nameOf, true)}`);
  }
  return `${lines.join("\n")}\n`;
}

function render(node: GrammarNode, nameOf: (rule: string) => string, isOuter = false): string {
  switch (node.type) {
    case "literal":
      return quote(node.text);
    case "bytes":
      return quote(textOf(node.bytes));
    case "characters":
      return renderCharacters(node);
    case "rule":
      return nameOf(node.name);
    case "token":
      return `${node.negated ? "!" : ""}${typeof node.token === "number" ? `<[${node.token}]>` : node.token}`;
    case "sequence": {
      if (node.items.length === 0) return '""';
      const text = node.items.map((item) => render(item, nameOf)).join(" ");
      return isOuter || node.items.length === 1 ? text : `(${text})`;
    }
    case "choice": {
      if (node.options.length === 0) return NEVER_TEXT;
      const text = node.options.map((option) => render(option, nameOf)).join(" | ");
      return isOuter || node.options.length === 1 ? text : `(${text})`;
    }
    case "repeat":
      return `${repeated(node.item, nameOf)}${bounds(node.min, node.max)}`;
  }
}

/** What stands before a bound must be one symbol: a literal of several characters would be repeated whole by some readers only. */
function repeated(item: GrammarNode, nameOf: (rule: string) => string): string {
  const isSymbol = item.type === "characters" || item.type === "rule";
  return isSymbol ? render(item, nameOf) : `(${render(item, nameOf, true)})`;
}

function bounds(min: number, max: number | undefined): string {
  if (max === undefined) return min === 0 ? "*" : min === 1 ? "+" : `{${min},}`;
  if (min === 0 && max === 1) return "?";
  return min === max ? `{${min}}` : `{${min},${max}}`;
}

function renderCharacters({ ranges, negated }: CharactersNode): string {
  if (ranges.length === 0) return negated ? ANY_TEXT : NEVER_TEXT;
  const parts = ranges.map(([first, last]) =>
    first === last ? escaped(first) : `${escaped(first)}-${escaped(last)}`,
  );
  return `[${negated ? "^" : ""}${parts.join("")}]`;
}

function quote(text: string): string {
  return `"${[...text].map((character) => escaped(character.codePointAt(0)!)).join("")}"`;
}

/**
 * Letters, digits and a few signs as themselves, everything else by its number: the same in literals and classes.
 * `\x` is not used: llama.cpp reads two digits behind it, XGrammar (vLLM) as many as there are.
 */
function escaped(code: number): string {
  const character = String.fromCodePoint(code);
  if (/^[A-Za-z0-9 _.,:;{}()<>/+*=|&@~%$#!?']$/.test(character)) return character;
  const hex = code.toString(16).toUpperCase();
  return code <= 0xffff ? `\\u${hex.padStart(4, "0")}` : `\\U${hex.padStart(8, "0")}`;
}

/** @throws ColloquyError `grammar-unsupported` */
function textOf(bytes: Uint8Array): string {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch (cause) {
    throw new ColloquyError("grammar-unsupported", "GBNF cannot name bytes that are no whole characters", {
      cause,
    });
  }
}
