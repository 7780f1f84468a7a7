import { choice, EMPTY, type GrammarNode, literal, NEVER, optional, repeat, sequence } from "../ir.ts";
import { separatedList } from "./array-grammar.ts";
import { listedNames, listedPatterns, propertySchemas } from "./children.ts";
import { addRule, type Compilation, valueRule } from "./compilation.ts";
import type { Constraints } from "./constraints.ts";
import { JSON_CHARACTER } from "./json-characters.ts";
import { schemaLimit, unsupportedSchema } from "./schema-error.ts";
import { SCHEMA_LIMITS } from "./schema-options.ts";
import { automatonGrammar, quoted } from "./string-grammar.ts";
import {
  buildAutomaton,
  combineAutomata,
  exceptWords,
  isEmptyAutomaton,
  type TextAutomaton,
} from "./text-automaton.ts";
import { matchesName, patternLanguage } from "./text-language.ts";

/** Members that one rule holds, so that nothing nests deeply and little is copied. */
const MEMBERS_PER_RULE = 16;

interface Member {
  readonly name: string;
  readonly required: boolean;
  readonly node: GrammarNode;
}

/**
 * The objects that satisfy the constraints: listed properties in their order, then required ones that are not
 * listed, then additional ones with names of their own. Optional properties make a chain of rules, one for each
 * property and count of members that matters, so the size grows with properties times the greatest count.
 */
export function objectGrammar(compilation: Compilation, constraints: Constraints): GrammarNode {
  const { minProperties, maxProperties, path } = constraints;
  const members = createMembers(compilation, constraints);
  if (members === undefined) return NEVER;
  const names = members.map(({ name }) => name);
  const allNames = [...new Set([...listedNames(constraints.nodes), ...names])];
  const requiredCount = members.filter(({ required }) => required).length;
  if (maxProperties !== undefined && Math.max(minProperties, requiredCount) > maxProperties) {
    const why = `${Math.max(minProperties, requiredCount)} properties must be there, but maxProperties is ${maxProperties}`;
    compilation.contradictions.push({ path, why });
    return NEVER;
  }
  const extra = extraMember(compilation, constraints, allNames);
  if (extra === undefined && members.length < minProperties) {
    const why = `minProperties is ${minProperties}, but only ${members.length} properties are possible`;
    compilation.contradictions.push({ path, why });
    return NEVER;
  }
  if (extra !== undefined && compilation.document.dialect === "standard" && minProperties - requiredCount > 1)
    throw unsupportedSchema(
      path,
      "minProperties",
      "asks for two or more properties that are not required; a grammar cannot keep their names apart",
      "name them in required, or set additionalProperties to false",
    );
  const { edge } = compilation.separators;
  return sequence(
    literal("{"),
    edge,
    ...flat(chainMembers(compilation, constraints, members, extra)),
    edge,
    literal("}"),
  );
}

/** The named members, or `undefined` when a required one is impossible. */
function createMembers(compilation: Compilation, constraints: Constraints): Member[] | undefined {
  const { nodes, required } = constraints;
  const patterns = listedPatterns(nodes);
  const members: Member[] = [];
  for (const name of new Set([...listedNames(nodes), ...required])) {
    const matching = patterns.filter((p) => matchesName(compilation.document, p, name, constraints.path));
    const schemas = propertySchemas(compilation.document, nodes, { name, patterns: matching });
    if (schemas !== undefined) {
      const key = literal(JSON.stringify(name));
      const node = sequence(key, compilation.separators.colon, valueRule(compilation, schemas));
      members.push({ name, required: required.has(name), node });
    } else if (required.has(name)) {
      const why = `property ${JSON.stringify(name)} is required but not allowed`;
      compilation.contradictions.push({ path: constraints.path, why });
      return undefined;
    }
  }
  return members;
}

/** A member whose name is not listed: the names are split by the patterns that they match. */
function extraMember(
  compilation: Compilation,
  constraints: Constraints,
  names: readonly string[],
): GrammarNode | undefined {
  const { nodes, path } = constraints;
  const patterns = listedPatterns(nodes);
  const { colon } = compilation.separators;
  const open = propertySchemas(compilation.document, nodes, { name: undefined, patterns: [] });
  if (patterns.length === 0) {
    if (open === undefined) return undefined;
    const key =
      names.length === 0
        ? repeat(JSON_CHARACTER, 0)
        : automatonGrammar(compilation, exceptWords(names, path), "key");
    return addRule(compilation, "member", sequence(quoted(key), colon, valueRule(compilation, open)));
  }
  const options: GrammarNode[] = [];
  for (const part of partitionNames(compilation, names, patterns, path)) {
    const schemas = propertySchemas(compilation.document, nodes, {
      name: undefined,
      patterns: part.patterns,
    });
    if (schemas === undefined) continue;
    const key = automatonGrammar(compilation, part.automaton, "key");
    options.push(sequence(quoted(key), colon, valueRule(compilation, schemas)));
  }
  return options.length === 0 ? undefined : addRule(compilation, "member", choice(...options));
}

interface NamePart {
  readonly patterns: readonly string[];
  readonly automaton: TextAutomaton;
}

function partitionNames(
  { document: { work } }: Compilation,
  names: readonly string[],
  patterns: readonly string[],
  path: string,
): NamePart[] {
  let parts: NamePart[] = [{ patterns: [], automaton: exceptWords(names, path) }];
  for (const pattern of patterns) {
    const place = `${path}/patternProperties`;
    const matching = buildAutomaton(patternLanguage(pattern, path, "patternProperties"), place, work);
    parts = parts
      .flatMap((part) => [
        { ...part, automaton: combineAutomata(part.automaton, matching, true, place, work) },
        {
          patterns: [...part.patterns, pattern],
          automaton: combineAutomata(part.automaton, matching, false, place, work),
        },
      ])
      .filter((part) => !isEmptyAutomaton(part.automaton));
    if (parts.length > SCHEMA_LIMITS.alternatives)
      throw schemaLimit(place, "overlapping patterns", SCHEMA_LIMITS.alternatives);
  }
  return parts;
}

function chainMembers(
  compilation: Compilation,
  constraints: Constraints,
  members: readonly Member[],
  extra: GrammarNode | undefined,
): GrammarNode {
  const { comma } = compilation.separators;
  const { minProperties, maxProperties } = constraints;
  const countMax = Math.min(members.length, Math.max(1, minProperties, maxProperties ?? 0));
  if (members.length * (countMax + 1) > SCHEMA_LIMITS.memberStates)
    throw schemaLimit(constraints.path, "properties times counts", SCHEMA_LIMITS.memberStates);
  let tails: GrammarNode[] = [];
  for (let count = 0; count <= countMax; count++)
    tails.push(extraMembers(compilation, constraints, extra, count));
  let requiredBefore = members.filter(({ required }) => required).length;
  for (let index = members.length - 1; index >= 0; index--) {
    const { node, required, name } = members[index]!;
    if (required) requiredBefore--;
    const next = tails;
    tails = [];
    const shared = required ? node : addRule(compilation, name, node);
    for (let count = Math.min(requiredBefore, countMax); count <= Math.min(index, countMax); count++) {
      const full = maxProperties !== undefined && count + 1 > maxProperties;
      const written = full
        ? NEVER
        : sequence(
            ...(count > 0 ? [comma] : []),
            ...flat(shared),
            ...flat(next[Math.min(count + 1, countMax)]!),
          );
      if (!required) tails[count] = addRule(compilation, `from-${name}`, choice(written, next[count]!));
      else
        tails[count] =
          index % MEMBERS_PER_RULE === 0 && index > 0
            ? addRule(compilation, `from-${name}`, written)
            : written;
    }
  }
  return tails[0]!;
}

/** Additional members behind `count` others (or at least that many, where the exact count does not matter). */
function extraMembers(
  compilation: Compilation,
  constraints: Constraints,
  extra: GrammarNode | undefined,
  count: number,
): GrammarNode {
  const { minProperties } = constraints;
  const maxProperties =
    constraints.maxProperties === undefined
      ? undefined
      : Math.min(constraints.maxProperties, SCHEMA_LIMITS.repetition);
  const need = Math.max(0, minProperties - count);
  const room = maxProperties === undefined ? undefined : Math.max(0, maxProperties - count);
  if (extra === undefined || room === 0) return need === 0 ? EMPTY : NEVER;
  const { comma } = compilation.separators;
  if (count > 0) return repeat(sequence(comma, extra), need, room);
  const list = separatedList(extra, comma, Math.max(1, need), room);
  return need === 0 ? optional(list) : list;
}

function flat(node: GrammarNode): readonly GrammarNode[] {
  return node.type === "sequence" ? node.items : [node];
}
