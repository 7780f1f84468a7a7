import { itemSchemas, listedPatterns, propertySchemas } from "./children.ts";
import { type Constraints, mergeConstraints } from "./constraints.ts";
import { type Conjunction, expandSchema } from "./expand-schema.ts";
import { formatPattern } from "./formats.ts";
import { jsonEquals, jsonTypeOf } from "./json-value.ts";
import { openSchema, type SchemaDocument } from "./schema-document.ts";
import { escapePointer, unsupportedSchema } from "./schema-error.ts";
import type { SchemaDialect } from "./schema-options.ts";
import { matchesPattern } from "./text-language.ts";

/** One reason why a value does not satisfy a schema. */
export interface JsonIssue {
  /** JSON pointer into the value, with a leading `#`. */
  readonly path: string;
  /** JSON pointer into the schema. */
  readonly schemaPath: string;
  readonly message: string;
}

/**
 * Checks a parsed JSON value against a schema, for exactly the keywords that grammars support and with the meaning
 * that the dialect gives them. `oneOf` is any of; formats are the subsets of `FORMAT_PATTERNS`.
 *
 * @returns the issues, none when the value is valid; at most one per value and keyword
 * @throws ColloquyError `grammar-unsupported`, `grammar-invalid`, `grammar-limit` for a schema that is not supported
 * @example
 * validateJson({age: -1}, {type: "object", properties: {age: {type: "integer", minimum: 0}}})
 * // [{path: "#/age", schemaPath: "#/properties/age", message: "must be at least 0"}]
 */
export function validateJson(value: unknown, schema: unknown, dialect: SchemaDialect = "guide"): JsonIssue[] {
  const document = openSchema(schema, dialect);
  return checkValue(document, [document.root], value, "#");
}

function checkValue(document: SchemaDocument, nodes: Conjunction, value: unknown, path: string): JsonIssue[] {
  if (nodes.every((node) => node.schema === true)) return [];
  const conjunctions = expandSchema(document, nodes);
  const schemaPath = nodes[0]?.path ?? "#";
  if (conjunctions.length === 0) return [{ path, schemaPath, message: "must not be there" }];
  let best: JsonIssue[] | undefined;
  for (const conjunction of conjunctions) {
    const issues = checkConjunction(document, conjunction, value, path);
    if (issues.length === 0) return [];
    // The branch that came deepest is the one that was most likely meant.
    if (best === undefined || depthOf(issues) > depthOf(best)) best = issues;
  }
  return best!;
}

function depthOf(issues: readonly JsonIssue[]): number {
  return Math.min(...issues.map((issue) => issue.path.length));
}

/** Checks a value against every keyword of a conjunction. */
export function checkConjunction(
  document: SchemaDocument,
  nodes: Conjunction,
  value: unknown,
  path: string,
): JsonIssue[] {
  const constraints = mergeConstraints(nodes, document.dialect);
  const issues: JsonIssue[] = [];
  const report = (message: string) => issues.push({ path, schemaPath: constraints.path, message });
  const type = jsonTypeOf(value);
  if (!constraints.validTypes.has(type)) {
    report(`must be ${[...constraints.validTypes].join(" or ") || "absent"}, not ${type}`);
    return issues;
  }
  if (constraints.values?.some((allowed) => jsonEquals(allowed, value)) === false)
    report(`must be one of ${JSON.stringify(constraints.values).slice(0, 200)}`);
  if (typeof value === "number") checkNumber(constraints, value, report);
  else if (typeof value === "string") checkString(constraints, value, report);
  else if (Array.isArray(value)) issues.push(...checkArray(document, constraints, value, path, report));
  else if (typeof value === "object" && value !== null)
    issues.push(...checkObject(document, constraints, value as Record<string, unknown>, path, report));
  return issues;
}

type Report = (message: string) => void;

function checkNumber(constraints: Constraints, value: number, report: Report): void {
  const { integer, minimum, maximum } = constraints;
  if (integer && !Number.isInteger(value)) report("must be a whole number");
  if (minimum !== undefined && !(minimum.exclusive ? value > minimum.value : value >= minimum.value))
    report(`must be ${minimum.exclusive ? "above" : "at least"} ${minimum.value}`);
  if (maximum !== undefined && !(maximum.exclusive ? value < maximum.value : value <= maximum.value))
    report(`must be ${maximum.exclusive ? "below" : "at most"} ${maximum.value}`);
  for (const step of constraints.multiplesOf) {
    if (!Number.isInteger(value / step)) report(`must be a multiple of ${step}`);
  }
}

function checkString(constraints: Constraints, value: string, report: Report): void {
  const { minLength, maxLength } = constraints;
  if (minLength > 0 || maxLength !== undefined) {
    let length = 0;
    for (const _ of value) length++;
    if (length < minLength) report(`must have at least ${minLength} characters`);
    if (maxLength !== undefined && length > maxLength) report(`must have at most ${maxLength} characters`);
  }
  for (const pattern of constraints.patterns) {
    if (!matchesPattern(pattern.value, value, pattern.path, "pattern")) report(`must match ${pattern.value}`);
  }
  for (const format of constraints.formats) {
    const pattern = formatPattern(format.value);
    if (pattern === undefined)
      throw unsupportedSchema(format.path, "format", `"${format.value}" is not supported`);
    if (!matchesPattern(pattern, value, format.path, "format")) report(`must be of format ${format.value}`);
  }
}

function checkArray(
  document: SchemaDocument,
  constraints: Constraints,
  items: readonly unknown[],
  path: string,
  report: Report,
): JsonIssue[] {
  if (items.length < constraints.minItems) report(`must have at least ${constraints.minItems} items`);
  if (constraints.maxItems !== undefined && items.length > constraints.maxItems)
    report(`must have at most ${constraints.maxItems} items`);
  return items.flatMap((item, index) => {
    const schemas = itemSchemas(document, constraints.nodes, index);
    const itemPath = `${path}/${index}`;
    if (schemas === undefined)
      return [{ path: itemPath, schemaPath: constraints.path, message: "must not be there" }];
    return checkValue(document, schemas, item, itemPath);
  });
}

function checkObject(
  document: SchemaDocument,
  constraints: Constraints,
  value: Record<string, unknown>,
  path: string,
  report: Report,
): JsonIssue[] {
  const keys = Object.keys(value);
  for (const name of constraints.required) {
    if (!Object.hasOwn(value, name)) report(`must have the property ${JSON.stringify(name)}`);
  }
  const minProperties = countedMinimum(constraints, document.dialect);
  if (keys.length < minProperties) report(`must have at least ${minProperties} properties`);
  if (constraints.maxProperties !== undefined && keys.length > constraints.maxProperties)
    report(`must have at most ${constraints.maxProperties} properties`);
  const patterns = listedPatterns(constraints.nodes);
  return keys.flatMap((name) => {
    const matching = patterns.filter((pattern) =>
      matchesPattern(pattern, name, constraints.path, "patternProperties"),
    );
    const schemas = propertySchemas(document, constraints.nodes, { name, patterns: matching });
    const memberPath = `${path}/${escapePointer(name)}`;
    if (schemas === undefined)
      return [{ path: memberPath, schemaPath: constraints.path, message: "must not be there" }];
    return checkValue(document, schemas, value[name], memberPath);
  });
}

/**
 * In the guide's dialect `minProperties` counts the members written. Of those beyond the listed ones all may have
 * the same name, so only one of them is sure to be left after parsing.
 */
function countedMinimum(constraints: Constraints, dialect: SchemaDialect): number {
  const { minProperties, required } = constraints;
  return dialect === "guide" ? Math.min(minProperties, required.size + 1) : minProperties;
}
