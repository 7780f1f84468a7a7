import { checkKeywords, type SchemaObject } from "./keywords.ts";
import { escapePointer, invalidSchema, schemaLimit, unsupportedSchema } from "./schema-error.ts";
import { SCHEMA_LIMITS, type SchemaDialect } from "./schema-options.ts";
import { SchemaWork } from "./schema-work.ts";
import type { TextNfa } from "./text-nfa.ts";

/** One schema at its place in the document. There is one object for each place. */
export interface SchemaNode {
  /** JSON pointer with a leading `#`. */
  readonly path: string;
  readonly schema: SchemaObject | boolean;
  /** This node and those around it that have `$defs`, the nearest first. */
  readonly scopes: readonly SchemaNode[];
}

/** A schema with its places, checked as far as they were looked at. */
export interface SchemaDocument {
  readonly dialect: SchemaDialect;
  readonly root: SchemaNode;
  readonly nodes: Map<string, SchemaNode>;
  /** What each node comes to when its branches are multiplied out, as far as that was asked. */
  readonly expansions: WeakMap<SchemaNode, SchemaNode[][]>;
  /** The automata of patterns, as far as a text was held against them. */
  readonly matchers: Map<string, TextNfa>;
  readonly work: SchemaWork;
}

/**
 * Takes a schema in. Keywords are checked when their place is first visited, so unused definitions are not.
 * @throws ColloquyError `grammar-invalid` when it is no JSON, `grammar-limit` when it is too large or too deep
 */
export function openSchema(schema: unknown, dialect: SchemaDialect): SchemaDocument {
  measure(schema, "#", 0, { left: SCHEMA_LIMITS.values });
  const nodes = new Map<string, SchemaNode>();
  const root = createNode(nodes, "#", schema, []);
  return { dialect, nodes, root, expansions: new WeakMap(), matchers: new Map(), work: new SchemaWork() };
}

/** The schema under a keyword: `childNode(document, node, "properties", "name")`. */
export function childNode(document: SchemaDocument, node: SchemaNode, ...segments: string[]): SchemaNode {
  const path = [node.path, ...segments.map(escapePointer)].join("/");
  const known = document.nodes.get(path);
  if (known !== undefined) return known;
  let value: unknown = node.schema;
  for (const segment of segments) value = (value as SchemaObject)[segment];
  return createNode(document.nodes, path, value, node.scopes);
}

/** The schema that the `$ref` of a node points to. */
export function resolveReference(document: SchemaDocument, node: SchemaNode): SchemaNode {
  const reference = (node.schema as SchemaObject).$ref as string;
  if (!reference.startsWith("#"))
    throw unsupportedSchema(
      node.path,
      "$ref",
      `"${reference}" leaves the document`,
      "move the target into $defs",
    );
  const segments = pointerSegments(reference, node.path);
  if (document.dialect === "guide" && segments.length === 2 && segments[0] === "$defs") {
    for (const scope of node.scopes) {
      const definitions = (scope.schema as SchemaObject).$defs as SchemaObject;
      if (Object.hasOwn(definitions, segments[1]!)) return childNode(document, scope, "$defs", segments[1]!);
    }
  }
  return followPointer(document, segments, reference, node.path);
}

function pointerSegments(reference: string, path: string): string[] {
  if (reference === "#") return [];
  if (!reference.startsWith("#/"))
    throw unsupportedSchema(path, "$ref", `"${reference}" is no JSON pointer`, "write #/$defs/name");
  try {
    const decoded = decodeURIComponent(reference.slice(2));
    return decoded.split("/").map((part) => part.replaceAll("~1", "/").replaceAll("~0", "~"));
  } catch (cause) {
    throw invalidSchema(`${path}/$ref`, `"${reference}" is badly encoded (${(cause as Error).message})`);
  }
}

/** Walks node by node, so that the target knows the definitions around it. */
function followPointer(
  document: SchemaDocument,
  segments: string[],
  reference: string,
  from: string,
): SchemaNode {
  let node = document.root;
  let pending: string[] = [];
  let value: unknown = node.schema;
  for (const segment of segments) {
    if (typeof value !== "object" || value === null || !Object.hasOwn(value, segment))
      throw invalidSchema(`${from}/$ref`, `"${reference}" points to nothing`);
    value = (value as SchemaObject)[segment];
    pending.push(segment);
    const isMap = pending.length === 1 && MAP_KEYWORDS.has(segment);
    if (isMap || (pending.length === 1 && Array.isArray(value))) continue;
    node = childNode(document, node, ...pending);
    pending = [];
  }
  if (pending.length > 0) throw invalidSchema(`${from}/$ref`, `"${reference}" points to no schema`);
  return node;
}

const MAP_KEYWORDS = new Set(["$defs", "definitions", "properties", "patternProperties"]);

function createNode(
  nodes: Map<string, SchemaNode>,
  path: string,
  value: unknown,
  outer: readonly SchemaNode[],
): SchemaNode {
  if (typeof value !== "boolean" && (typeof value !== "object" || value === null || Array.isArray(value)))
    throw invalidSchema(path, "must be an object, true or false");
  const schema = value as SchemaObject | boolean;
  const scopes: SchemaNode[] = [];
  const node: SchemaNode = { path, schema, scopes };
  if (typeof schema === "object") {
    checkKeywords(path, schema);
    if (schema.$defs !== undefined) scopes.push(node);
  }
  scopes.push(...outer);
  nodes.set(path, node);
  return node;
}

function measure(value: unknown, path: string, depth: number, budget: { left: number }): void {
  if (depth > SCHEMA_LIMITS.depth)
    throw schemaLimit(path.slice(0, 200), "nested values", SCHEMA_LIMITS.depth);
  if (--budget.left < 0) throw schemaLimit("#", "values", SCHEMA_LIMITS.values);
  if (value === null || typeof value === "boolean" || typeof value === "string") return;
  if (typeof value === "number") {
    if (!Number.isFinite(value)) throw invalidSchema(path, `${value} is no JSON`);
    return;
  }
  if (typeof value !== "object") throw invalidSchema(path, `a ${typeof value} is no JSON`);
  for (const [key, item] of Object.entries(value)) {
    if (item !== undefined) measure(item, `${path}/${escapePointer(key)}`, depth + 1, budget);
  }
}
