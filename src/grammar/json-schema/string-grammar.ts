import { anyCharacter, choice, EMPTY, type GrammarNode, literal, NEVER, repeat, sequence } from "../ir.ts";
import { addRule, type Compilation } from "./compilation.ts";
import type { Constraints } from "./constraints.ts";
import { JSON_CHARACTER, jsonCharacters, spellNode } from "./json-characters.ts";
import { SCHEMA_LIMITS } from "./schema-options.ts";
import { buildAutomaton, combineAutomata, isEmptyAutomaton, type TextAutomaton } from "./text-automaton.ts";
import { formatLanguage, patternLanguage, textLengths } from "./text-language.ts";

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
  const languages = [
    ...constraints.patterns.map(({ value, path: at }) => patternLanguage(value, at, "pattern")),
    ...constraints.formats.map(({ value, path: at }) => formatLanguage(value, at)),
  ];
  if (languages.length === 0)
    return quoted(maxLength === 0 ? EMPTY : repeat(JSON_CHARACTER, minLength, maxLength));
  const lengths = textLengths(languages[0]!);
  const fits = lengths.min >= minLength && lengths.max <= (maxLength ?? Number.POSITIVE_INFINITY);
  if (languages.length === 1 && fits) return quoted(spellNode(languages[0]!));
  if (!fits || languages.length > 1) {
    const isLimited = minLength > 0 || maxLength !== undefined;
    if (isLimited) languages.push(repeat(anyCharacter(), minLength, maxLength));
  }
  const automaton = languages
    .map((language) => buildAutomaton(language, path))
    .reduce((left, right) => combineAutomata(left, right, false, path));
  if (isEmptyAutomaton(automaton)) {
    compilation.contradictions.push({ path, why: "no text satisfies all of pattern, format and length" });
    return NEVER;
  }
  return quoted(automatonGrammar(compilation, automaton, "text"));
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
