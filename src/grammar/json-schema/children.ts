import { definedKeys } from "./constraints.ts";
import type { Conjunction } from "./expand-schema.ts";
import type { SchemaObject } from "./keywords.ts";
import { childNode, type SchemaDocument, type SchemaNode } from "./schema-document.ts";

/** What the item at an index must satisfy: `undefined` when there can be none. */
export function itemSchemas(
  document: SchemaDocument,
  nodes: Conjunction,
  index: number,
): SchemaNode[] | undefined {
  const found: SchemaNode[] = [];
  for (const node of nodes) {
    const schema = node.schema as SchemaObject;
    const prefix = (schema.prefixItems as readonly unknown[] | undefined) ?? [];
    if (index < prefix.length) found.push(childNode(document, node, "prefixItems", String(index)));
    else if (schema.items !== undefined) found.push(childNode(document, node, "items"));
  }
  return found.some((node) => node.schema === false) ? undefined : found;
}

/** After how many items all further ones have the same schemas. */
export function prefixLength(nodes: Conjunction): number {
  return Math.max(
    0,
    ...nodes.map(
      (node) => (((node.schema as SchemaObject).prefixItems as unknown[] | undefined) ?? []).length,
    ),
  );
}

/** All listed property names, in the order in which they are first listed. */
export function listedNames(nodes: Conjunction): string[] {
  return [
    ...new Set(
      nodes.flatMap((node) =>
        definedKeys((node.schema as SchemaObject).properties as SchemaObject | undefined),
      ),
    ),
  ];
}

/** All keys of `patternProperties`. */
export function listedPatterns(nodes: Conjunction): string[] {
  return [
    ...new Set(
      nodes.flatMap((node) =>
        definedKeys((node.schema as SchemaObject).patternProperties as SchemaObject | undefined),
      ),
    ),
  ];
}

/** How a property is named: by its name, and by the patterns that the name matches. */
export interface PropertyKey {
  /** `undefined`: any name that is listed nowhere. */
  readonly name: string | undefined;
  readonly patterns: readonly string[];
}

/** What the value of a property must satisfy: `undefined` when there can be none. */
export function propertySchemas(
  document: SchemaDocument,
  nodes: Conjunction,
  key: PropertyKey,
): SchemaNode[] | undefined {
  const found: SchemaNode[] = [];
  const closedByDefault =
    document.dialect === "guide" &&
    nodes.some(
      ({ schema }) => (schema as SchemaObject).type !== undefined || (schema as SchemaObject).properties,
    ) &&
    nodes.every((node) => (node.schema as SchemaObject).additionalProperties === undefined);
  let known = false;
  for (const node of nodes) {
    const schema = node.schema as SchemaObject;
    const before = found.length;
    const properties = (schema.properties as SchemaObject | undefined) ?? {};
    if (key.name !== undefined && Object.hasOwn(properties, key.name) && properties[key.name] !== undefined)
      found.push(childNode(document, node, "properties", key.name));
    const patterns = (schema.patternProperties as SchemaObject | undefined) ?? {};
    for (const pattern of key.patterns) {
      if (Object.hasOwn(patterns, pattern))
        found.push(childNode(document, node, "patternProperties", pattern));
    }
    if (found.length > before) known = true;
    else if (schema.additionalProperties !== undefined)
      found.push(childNode(document, node, "additionalProperties"));
  }
  if (closedByDefault && !known) return undefined;
  return found.some((node) => node.schema === false) ? undefined : found;
}
