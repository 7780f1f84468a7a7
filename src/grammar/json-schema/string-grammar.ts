import { ColloquyError } from "../../base/errors.ts";
import { choice, EMPTY, type GrammarNode, literal, NEVER, type RepeatNode, repeat, sequence } from "../ir.ts";
import { addRule, type Compilation } from "./compilation.ts";
import type { Constraints } from "./constraints.ts";
import { JSON_CHARACTER, jsonCharacters, spellNode } from "./json-characters.ts";
import { schemaLimit } from "./schema-error.ts";
import { SCHEMA_LIMITS } from "./schema-options.ts";
import type { SchemaWork } from "./schema-work.ts";
import {
  buildAutomaton,
  combineAutomata,
  isEmptyAutomaton,
  lengthAutomaton,
  type TextAutomaton,
} from "./text-automaton.ts";
import { formatLanguage, patternLanguage, textLengths, textMatcher } from "./text-language.ts";

/** The strings that satisfy the constraints, with their quotation marks. */
export function stringGrammar(compilation: Compilation, constraints: Constraints): GrammarNode {
  const { minLength, path } = constraints;
  const maxLength =
    constraints.maxLength === undefined
      ? undefined
      : Math.min(constraints.maxLength, SCHEMA_LIMITS.repetition);
  if (maxLength !== undefined && minLength > maxLength) {
    compilation.contradictions.push({ path, why: `minLength ${minLength} is above maxLength ${maxLength}` });
    return NEVER;
  }
  const { document } = compilation;
  const { work } = document;
  // A reply is held against its patterns when it is parsed: that must be possible.
  for (const { value, path: at } of constraints.patterns)
    textMatcher(document, value, { path: at, keyword: "pattern" });
  const languages = [
    ...constraints.patterns.map(({ value, path: at }) => patternLanguage(value, at, "pattern")),
    ...constraints.formats.map(({ value, path: at }) => formatLanguage(value, at)),
  ];
  if (languages.length === 0)
    return quoted(maxLength === 0 ? EMPTY : repeat(JSON_CHARACTER, minLength, maxLength));
  const lengths = textLengths(languages[0]!);
  const fits = lengths.min >= minLength && lengths.max <= (maxLength ?? Number.POSITIVE_INFINITY);
  if (languages.length === 1 && fits) return quoted(spellNode(languages[0]!));
  const [only] = languages;
  if (languages.length === 1 && only!.type === "repeat" && isOneCharacter(only!.item))
    return quoted(intersectRepeat(compilation, only!, minLength, maxLength, path));
  let automaton = languages
    .map((language) => buildAutomaton(language, path, work))
    .reduce((left, right) => combineAutomata(left, right, false, path, work));
  if (minLength > 0 || maxLength !== undefined)
    automaton = limitLength(work, automaton, minLength, maxLength, path);
  if (isEmptyAutomaton(automaton)) {
    compilation.contradictions.push({ path, why: "no text satisfies all of pattern, format and length" });
    return NEVER;
  }
  return quoted(automatonGrammar(compilation, automaton, "text"));
}

function isOneCharacter(node: GrammarNode): boolean {
  return node.type === "characters" || (node.type === "literal" && [...node.text].length === 1);
}

function intersectRepeat(
  compilation: Compilation,
  node: RepeatNode,
  minLength: number,
  maxLength: number | undefined,
  path: string,
): GrammarNode {
  const min = Math.max(node.min, minLength);
  const max = Math.min(node.max ?? Number.POSITIVE_INFINITY, maxLength ?? Number.POSITIVE_INFINITY);
  if (min > max) {
    compilation.contradictions.push({ path, why: "pattern and length exclude each other" });
    return NEVER;
  }
  return repeat(spellNode(node.item), min, Number.isFinite(max) ? max : undefined);
}

/** Where counting up to the maximum takes too many states, a smaller maximum does: every such text is valid too. */
function limitLength(
  work: SchemaWork,
  automaton: TextAutomaton,
  min: number,
  max: number | undefined,
  path: string,
): TextAutomaton {
  for (let most = max; ; most = Math.floor(most / 2)) {
    try {
      const limited = combineAutomata(
        automaton,
        lengthAutomaton(min, most),
        false,
        path,
        work,
        SCHEMA_LIMITS.countedTextStates,
      );
      if (most === max || !isEmptyAutomaton(limited)) return limited;
      throw schemaLimit(path, "states of a text automaton", SCHEMA_LIMITS.countedTextStates);
    } catch (error) {
      const isLimit = error instanceof ColloquyError && error.code === "grammar-limit";
      if (!isLimit || most === undefined || most < 2 || Math.floor(most / 2) < min) throw error;
    }
  }
}

export function quoted(content: GrammarNode): GrammarNode {
  return sequence(literal('"'), content, literal('"'));
}

/** A rule for each state of an automaton; the texts are spelled as in a JSON string. */
export function automatonGrammar(
  compilation: Compilation,
  automaton: TextAutomaton,
  hint: string,
): GrammarNode {
  const names = automaton.edges.map(() => addRule(compilation, hint, NEVER));
  automaton.edges.forEach((edges, state) => {
    const ranges = new Map<number, (readonly [number, number])[]>();
    for (const { first, last, target } of edges) {
      const list = ranges.get(target) ?? [];
      list.push([first, last]);
      ranges.set(target, list);
    }
    const options: GrammarNode[] = automaton.accepting[state] ? [EMPTY] : [];
    for (const [target, list] of ranges) {
      if (target !== state) options.push(sequence(jsonCharacters(list), names[target]!));
    }
    const own = ranges.get(state);
    const rest = options.length === 0 ? NEVER : choice(...options);
    const node = own === undefined ? rest : sequence(repeat(jsonCharacters(own), 0), rest);
    const name = names[state]!;
    if (name.type === "rule") compilation.rules.set(name.name, node);
  });
  return names[0]!;
}
