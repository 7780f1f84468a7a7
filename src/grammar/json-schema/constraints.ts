import type { Conjunction } from "./expand-schema.ts";
import { JSON_TYPES, type JsonType, type JsonValue, jsonKey } from "./json-value.ts";
import { KEYWORD_TYPES, type SchemaObject } from "./keywords.ts";
import type { SchemaDialect } from "./schema-options.ts";

/** A bound of a number, with the place where it is stated. */
export interface NumberBound {
  readonly value: number;
  readonly exclusive: boolean;
  readonly path: string;
}

/** A text keyword (`pattern`, `format`) with the place where it is stated. */
export interface TextConstraint {
  readonly value: string;
  readonly path: string;
}

/** What a conjunction says, type by type, with the keywords of all its nodes merged. */
export interface Constraints {
  /** The place to name when something is wrong. */
  readonly path: string;
  readonly nodes: Conjunction;
  /** The types a grammar writes: where none is stated, those that the keywords speak about. */
  readonly types: ReadonlySet<JsonType>;
  /** The types that are valid: where none is stated, all. */
  readonly validTypes: ReadonlySet<JsonType>;
  /** Numbers must be whole. */
  readonly integer: boolean;
  /** The only values, from `const` and `enum`, not yet filtered by the other keywords. */
  readonly values: readonly JsonValue[] | undefined;
  /** The same as texts that are equal where the values are. */
  readonly valueKeys: ReadonlySet<string> | undefined;
  readonly minimum: NumberBound | undefined;
  readonly maximum: NumberBound | undefined;
  readonly multiplesOf: readonly number[];
  readonly minLength: number;
  readonly maxLength: number | undefined;
  readonly patterns: readonly TextConstraint[];
  readonly formats: readonly TextConstraint[];
  readonly minItems: number;
  readonly maxItems: number | undefined;
  readonly minProperties: number;
  readonly maxProperties: number | undefined;
  /** Property names that must be there: `required`, or all listed ones in the guide's dialect. */
  readonly required: ReadonlySet<string>;
}

/** Merges the keywords of all nodes of a conjunction. */
export function mergeConstraints(nodes: Conjunction, dialect: SchemaDialect): Constraints {
  const schemas = nodes.map((node) => node.schema as SchemaObject);
  const path = nodes[0]?.path ?? "#";
  const { types, validTypes, integer } = mergeTypes(schemas);
  const values = mergeValues(schemas);
  return {
    path,
    nodes,
    types,
    validTypes,
    integer,
    values: values === undefined ? undefined : [...values.values()],
    valueKeys: values === undefined ? undefined : new Set(values.keys()),
    minimum: strictestBound(nodes, "minimum", "exclusiveMinimum", (a, b) => a > b),
    maximum: strictestBound(nodes, "maximum", "exclusiveMaximum", (a, b) => a < b),
    multiplesOf: [...new Set(numbersOf(schemas, "multipleOf"))],
    minLength: Math.max(0, ...numbersOf(schemas, "minLength")),
    maxLength: leastOf(numbersOf(schemas, "maxLength")),
    patterns: textsOf(nodes, "pattern"),
    formats: textsOf(nodes, "format"),
    minItems: Math.max(0, ...numbersOf(schemas, "minItems"), ...guidePrefixLengths(schemas, dialect)),
    maxItems: leastOf(numbersOf(schemas, "maxItems")),
    minProperties: Math.max(0, ...numbersOf(schemas, "minProperties")),
    maxProperties: leastOf(numbersOf(schemas, "maxProperties")),
    required: requiredNames(schemas, dialect),
  };
}

function mergeTypes(schemas: readonly SchemaObject[]): Pick<Constraints, "types" | "validTypes" | "integer"> {
  let validTypes = new Set<JsonType>(JSON_TYPES);
  let integer = false;
  let stated = false;
  for (const schema of schemas) {
    if (schema.const !== undefined || schema.enum !== undefined) stated = true;
    if (schema.type === undefined) continue;
    stated = true;
    const names = new Set([schema.type].flat() as string[]);
    if (schema.nullable === true) names.add("null");
    if (names.has("integer") && !names.has("number")) {
      integer = true;
      names.add("number");
    }
    validTypes = new Set([...validTypes].filter((type) => names.has(type)));
  }
  return { types: stated ? validTypes : impliedTypes(schemas), validTypes, integer };
}

/** Without `type`, the keywords tell what is meant: `properties` speaks of objects. */
function impliedTypes(schemas: readonly SchemaObject[]): Set<JsonType> {
  const implied = new Set<JsonType>();
  for (const schema of schemas) {
    for (const keyword of Object.keys(schema)) {
      if (Object.hasOwn(KEYWORD_TYPES, keyword)) implied.add(KEYWORD_TYPES[keyword]!);
    }
  }
  return implied.size === 0 ? new Set(JSON_TYPES) : implied;
}

/** The values that are in all the lists, each once, by their keys. */
function mergeValues(schemas: readonly SchemaObject[]): Map<string, JsonValue> | undefined {
  let kept: Map<string, JsonValue> | undefined;
  for (const schema of schemas) {
    for (const list of [schema.const === undefined ? undefined : [schema.const], schema.enum]) {
      if (list === undefined) continue;
      const keyed = new Map((list as JsonValue[]).map((value) => [jsonKey(value), value]));
      kept = kept === undefined ? keyed : new Map([...kept].filter(([key]) => keyed.has(key)));
    }
  }
  return kept;
}

function strictestBound(
  nodes: Conjunction,
  inclusive: string,
  exclusive: string,
  stricter: (a: number, b: number) => boolean,
): NumberBound | undefined {
  let best: NumberBound | undefined;
  for (const node of nodes) {
    for (const keyword of [inclusive, exclusive]) {
      const value = (node.schema as SchemaObject)[keyword] as number | undefined;
      if (value === undefined) continue;
      const bound = { value, exclusive: keyword === exclusive, path: `${node.path}/${keyword}` };
      if (best === undefined || stricter(value, best.value) || (value === best.value && bound.exclusive))
        best = bound;
    }
  }
  return best;
}

function numbersOf(schemas: readonly SchemaObject[], keyword: string): number[] {
  return schemas.flatMap((schema) => (schema[keyword] === undefined ? [] : [schema[keyword] as number]));
}

function textsOf(nodes: Conjunction, keyword: string): TextConstraint[] {
  const found = new Map<string, TextConstraint>();
  for (const node of nodes) {
    const value = (node.schema as SchemaObject)[keyword] as string | undefined;
    if (value !== undefined && !found.has(value)) found.set(value, { value, path: node.path });
  }
  return [...found.values()];
}

function leastOf(values: readonly number[]): number | undefined {
  return values.length === 0 ? undefined : Math.min(...values);
}

function guidePrefixLengths(schemas: readonly SchemaObject[], dialect: SchemaDialect): number[] {
  if (dialect === "standard") return [];
  return schemas.map((schema) => ((schema.prefixItems as unknown[] | undefined) ?? []).length);
}

function requiredNames(schemas: readonly SchemaObject[], dialect: SchemaDialect): Set<string> {
  const names = schemas.flatMap((schema) =>
    dialect === "guide"
      ? definedKeys(schema.properties as SchemaObject | undefined)
      : ((schema.required as readonly string[] | undefined) ?? []),
  );
  return new Set(names);
}

/** The keys whose values are not `undefined`. */
export function definedKeys(record: SchemaObject | undefined): string[] {
  return Object.keys(record ?? {}).filter((key) => record![key] !== undefined);
}
