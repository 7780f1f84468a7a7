import type { SchemaObject } from "./keywords.ts";
import { childNode, resolveReference, type SchemaDocument, type SchemaNode } from "./schema-document.ts";
import { invalidSchema, schemaLimit } from "./schema-error.ts";
import { SCHEMA_LIMITS } from "./schema-options.ts";

/**
 * Schemas that a value must satisfy all at once, with `$ref`, `allOf`, `anyOf` and `oneOf` already followed:
 * only the other keywords of these nodes count. The empty list is satisfied by every value.
 */
export type Conjunction = readonly SchemaNode[];

/**
 * Multiplies out: a value satisfies all the nodes exactly when it satisfies one of the conjunctions returned
 * (`oneOf` is read as any of). No conjunction: nothing satisfies them.
 * @throws ColloquyError `grammar-invalid` for a schema that refers to itself at the same place, `grammar-limit`
 */
export function expandSchema(document: SchemaDocument, nodes: Conjunction): Conjunction[] {
  let result: Conjunction[] = [[]];
  for (const node of nodes) result = multiply(document, result, expandNode(document, node, []), node.path);
  return result;
}

/** Joining conjunctions sorts and compares the paths of their nodes. */
const STEPS_PER_NODE = 4;

function expandNode(document: SchemaDocument, node: SchemaNode, chain: readonly string[]): SchemaNode[][] {
  if (node.schema === true) return [[]];
  if (node.schema === false) return [];
  const known = document.expansions.get(node);
  if (known !== undefined) return known;
  if (chain.includes(node.path))
    throw invalidSchema(node.path, "the schema refers to itself without a value between");
  const deeper = [...chain, node.path];
  const schema = node.schema as SchemaObject;
  let result: SchemaNode[][] = [[node]];
  const and = (other: readonly Conjunction[]) => {
    result = multiply(document, result, other, node.path);
  };
  if (schema.$ref !== undefined) and(expandNode(document, resolveReference(document, node), deeper));
  for (const branch of branchesOf(document, node, "allOf")) and(expandNode(document, branch, deeper));
  for (const keyword of ["anyOf", "oneOf"] as const) {
    if (schema[keyword] === undefined) continue;
    const options = branchesOf(document, node, keyword).flatMap((branch) =>
      expandNode(document, branch, deeper),
    );
    limitAlternatives(options, node.path);
    and(options);
  }
  document.expansions.set(node, result);
  return result;
}

/** The schemas listed under a keyword. */
export function branchesOf(document: SchemaDocument, node: SchemaNode, keyword: string): SchemaNode[] {
  const branches = (node.schema as SchemaObject)[keyword] as readonly unknown[] | undefined;
  return (branches ?? []).map((_, index) => childNode(document, node, keyword, String(index)));
}

function multiply(
  { work }: SchemaDocument,
  left: readonly Conjunction[],
  right: readonly Conjunction[],
  path: string,
): SchemaNode[][] {
  if (left.length * right.length > SCHEMA_LIMITS.alternatives)
    throw schemaLimit(path, "alternatives", SCHEMA_LIMITS.alternatives);
  const result = new Map<string, SchemaNode[]>();
  for (const a of left) {
    for (const b of right) {
      const joined = [...new Set([...a, ...b])];
      work.spend(STEPS_PER_NODE * joined.length, path);
      result.set(conjunctionKey(joined), joined);
    }
  }
  return [...result.values()];
}

function limitAlternatives(options: readonly Conjunction[], path: string): void {
  if (options.length > SCHEMA_LIMITS.alternatives)
    throw schemaLimit(path, "alternatives", SCHEMA_LIMITS.alternatives);
}

/** One name for equal sets of nodes. */
export function conjunctionKey(nodes: Conjunction): string {
  return nodes
    .map((node) => node.path)
    .sort()
    .join(" & ");
}
