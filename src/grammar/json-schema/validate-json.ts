import { itemSchemas, listedPatterns, propertySchemas } from "./children.ts";
import { type Constraints, mergeConstraints } from "./constraints.ts";
import { type Conjunction, conjunctionKey, expandSchema } from "./expand-schema.ts";
import { formatPattern } from "./formats.ts";
import { jsonKey, jsonTypeOf } from "./json-value.ts";
import { openSchema, type SchemaDocument } from "./schema-document.ts";
import { escapePointer, unsupportedSchema } from "./schema-error.ts";
import { resolveSchemaOptions, type SchemaDialect } from "./schema-options.ts";
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
 * @throws InvalidArgumentError for an unknown dialect; ColloquyError `grammar-unsupported`, `grammar-invalid`,
 * `grammar-limit` for a schema that is not supported
 * @example
 * validateJson({age: -1}, {type: "object", properties: {age: {type: "integer", minimum: 0}}})
 * // [{path: "#/age", schemaPath: "#/properties/age", message: "must be at least 0"}]
 */
export function validateJson(value: unknown, schema: unknown, dialect: SchemaDialect = "guide"): JsonIssue[] {
  const document = openSchema(schema, resolveSchemaOptions({ dialect }).dialect);
  return [...checkValue(document, { nodes: [document.root], value, path: "#", depth: 0 })];
}

/** One value that has to satisfy some schemas. */
interface Check {
  readonly nodes: Conjunction;
  readonly value: unknown;
  readonly path: string;
  readonly depth: number;
}

/** One way to satisfy the schemas of a check, and the checks of items and properties that this takes. */
interface Alternative {
  readonly children: readonly Check[];
  readonly issues: readonly JsonIssue[];
}

/**
 * Checks a value and everything inside it. All checks are collected first and then decided from the deepest place
 * upwards: no recursion, so a deep value cannot overflow the stack, and a place is decided once for the same
 * schemas, however many branches lead there.
 */
function checkValue(document: SchemaDocument, root: Check): readonly JsonIssue[] {
  const found = new Map<string, { check: Check; alternatives: Alternative[] }>();
  const merged = new Map<string, Constraints[]>();
  const pending = [root];
  while (pending.length > 0) {
    const check = pending.pop()!;
    const key = checkKey(check);
    if (found.has(key)) continue;
    const schemas = conjunctionKey(check.nodes);
    let options = merged.get(schemas);
    if (options === undefined) {
      options = expandSchema(document, check.nodes).map((nodes) => mergeConstraints(nodes, document.dialect));
      merged.set(schemas, options);
    }
    const alternatives = options.map((constraints) => createAlternative(document, constraints, check));
    found.set(key, { check, alternatives });
    for (const { children } of alternatives) for (const child of children) pending.push(child);
  }
  const decided = new Map<string, readonly JsonIssue[]>();
  const deepestFirst = [...found].sort(([, a], [, b]) => b.check.depth - a.check.depth);
  for (const [key, { check, alternatives }] of deepestFirst)
    decided.set(key, decide(check, alternatives, decided));
  return decided.get(checkKey(root))!;
}

function checkKey(check: Check): string {
  return `${check.path}\n${conjunctionKey(check.nodes)}`;
}

function decide(
  check: Check,
  alternatives: readonly Alternative[],
  decided: ReadonlyMap<string, readonly JsonIssue[]>,
): readonly JsonIssue[] {
  let best: readonly JsonIssue[] | undefined;
  for (const { issues, children } of alternatives) {
    const all = [...issues, ...children.flatMap((child) => decided.get(checkKey(child))!)];
    if (all.length === 0) return all;
    // The branch that came deepest is the one that was most likely meant.
    if (best === undefined || depthOf(all) > depthOf(best)) best = all;
  }
  return (
    best ?? [{ path: check.path, schemaPath: check.nodes[0]?.path ?? "#", message: "must not be there" }]
  );
}

function depthOf(issues: readonly JsonIssue[]): number {
  return issues.reduce((least, issue) => Math.min(least, issue.path.length), Number.POSITIVE_INFINITY);
}

/** Whether a value satisfies every keyword of a conjunction. */
export function satisfies(
  document: SchemaDocument,
  nodes: Conjunction,
  value: unknown,
  merged?: Constraints,
): boolean {
  const check: Check = { nodes, value, path: "#", depth: 0 };
  const constraints = merged ?? mergeConstraints(nodes, document.dialect);
  const { issues, children } = createAlternative(document, constraints, check);
  return issues.length === 0 && children.every((child) => checkValue(document, child).length === 0);
}

function createAlternative(document: SchemaDocument, constraints: Constraints, check: Check): Alternative {
  const { value, path } = check;
  const issues: JsonIssue[] = [];
  const report = (message: string) => issues.push({ path, schemaPath: constraints.path, message });
  const type = jsonTypeOf(value);
  if (!constraints.validTypes.has(type)) {
    report(`must be ${[...constraints.validTypes].join(" or ") || "absent"}, not ${type}`);
    return { issues, children: [] };
  }
  if (constraints.valueKeys?.has(jsonKey(value)) === false)
    report(`must be one of ${JSON.stringify(constraints.values?.slice(0, 20)).slice(0, 200)}`);
  if (typeof value === "number") checkNumber(constraints, value, report);
  else if (typeof value === "string") checkString(document, constraints, value, report);
  else if (Array.isArray(value)) checkArray(constraints, value, report);
  else if (typeof value === "object" && value !== null)
    checkObject(document, constraints, value as Record<string, unknown>, report);
  return { issues, children: createChildren(document, constraints, check, issues) };
}

/** The checks of items and properties; what must not be there is reported at once. */
function createChildren(
  document: SchemaDocument,
  constraints: Constraints,
  { value, path, depth }: Check,
  issues: JsonIssue[],
): Check[] {
  const children: Check[] = [];
  const add = (nodes: Conjunction | undefined, segment: string, item: unknown) => {
    const place = `${path}/${escapePointer(segment)}`;
    if (nodes === undefined)
      issues.push({ path: place, schemaPath: constraints.path, message: "must not be there" });
    else if (nodes.some((node) => node.schema !== true))
      children.push({ nodes, value: item, path: place, depth: depth + 1 });
  };
  if (Array.isArray(value)) {
    value.forEach((item, index) => {
      add(itemSchemas(document, constraints.nodes, index), String(index), item);
    });
  } else if (typeof value === "object" && value !== null) {
    const patterns = listedPatterns(constraints.nodes);
    for (const [name, item] of Object.entries(value)) {
      const matching = patterns.filter((pattern) =>
        matchesPattern(document, pattern, name, { path: constraints.path, keyword: "patternProperties" }),
      );
      add(propertySchemas(document, constraints.nodes, { name, patterns: matching }), name, item);
    }
  }
  return children;
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

function checkString(
  document: SchemaDocument,
  constraints: Constraints,
  value: string,
  report: Report,
): void {
  const { minLength, maxLength } = constraints;
  if (minLength > 0 || maxLength !== undefined) {
    let length = 0;
    for (const _ of value) length++;
    if (length < minLength) report(`must have at least ${minLength} characters`);
    if (maxLength !== undefined && length > maxLength) report(`must have at most ${maxLength} characters`);
  }
  for (const pattern of constraints.patterns) {
    const place = { path: pattern.path, keyword: "pattern" };
    if (!matchesPattern(document, pattern.value, value, place)) report(`must match ${pattern.value}`);
  }
  for (const format of constraints.formats) {
    const pattern = formatPattern(format.value);
    if (pattern === undefined)
      throw unsupportedSchema(format.path, "format", `"${format.value}" is not supported`);
    const place = { path: format.path, keyword: "format" };
    if (!matchesPattern(document, pattern, value, place)) report(`must be of format ${format.value}`);
  }
}

function checkArray(constraints: Constraints, items: readonly unknown[], report: Report): void {
  if (items.length < constraints.minItems) report(`must have at least ${constraints.minItems} items`);
  if (constraints.maxItems !== undefined && items.length > constraints.maxItems)
    report(`must have at most ${constraints.maxItems} items`);
}

function checkObject(
  document: SchemaDocument,
  constraints: Constraints,
  value: Record<string, unknown>,
  report: Report,
): void {
  const count = Object.keys(value).length;
  for (const name of constraints.required) {
    if (!Object.hasOwn(value, name)) report(`must have the property ${JSON.stringify(name)}`);
  }
  const minProperties = countedMinimum(constraints, document.dialect);
  if (count < minProperties) report(`must have at least ${minProperties} properties`);
  if (constraints.maxProperties !== undefined && count > constraints.maxProperties)
    report(`must have at most ${constraints.maxProperties} properties`);
}

/**
 * In the guide's dialect `minProperties` counts the members written. Of those beyond the listed ones all may have
 * the same name, so only one of them is sure to be left after parsing.
 */
function countedMinimum(constraints: Constraints, dialect: SchemaDialect): number {
  const { minProperties, required } = constraints;
  return dialect === "guide" ? Math.min(minProperties, required.size + 1) : minProperties;
}
