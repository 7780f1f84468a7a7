import { itemSchemas, propertySchemas } from "./children.ts";
import { type Constraints, mergeConstraints } from "./constraints.ts";
import { branchesOf, type Conjunction, expandSchema } from "./expand-schema.ts";
import type { JsonType } from "./json-value.ts";
import type { SchemaObject } from "./keywords.ts";
import type { SchemaDocument, SchemaNode } from "./schema-document.ts";
import { unsupportedSchema } from "./schema-error.ts";
import { satisfies } from "./validate-json.ts";

/** How deep in properties a difference is looked for. */
const DEPTH_MAX = 3;
/** Keywords are merged for a pair of branches, and checked for a listed value. */
const STEPS_PER_PAIR = 40;
const STEPS_PER_VALUE = 20;

/**
 * In the standard dialect `oneOf` wants exactly one branch. The grammar writes any of them, which is the same only
 * where no value satisfies two. Shown by: different types; listed values that the other branch refuses; number
 * ranges that do not meet; or a required property (or an item that must be there) whose schemas exclude each other.
 * @throws ColloquyError `grammar-unsupported` naming the two branches where none of this applies
 */
export function checkOneOfs(document: SchemaDocument): void {
  if (document.dialect === "guide") return;
  for (const node of [...document.nodes.values()]) {
    if (typeof node.schema === "boolean" || node.schema.oneOf === undefined) continue;
    const branches = branchesOf(document, node, "oneOf");
    branches.forEach((left, index) => {
      for (const right of branches.slice(index + 1)) {
        if (
          !excludeEachOther(document, [...withoutBranches(node), left], [...withoutBranches(node), right], 0)
        )
          throw unsupportedSchema(
            node.path,
            "oneOf",
            `may have two branches for one value (${left.path} and ${right.path})`,
            "use anyOf, or tell the branches apart by a required property with different const values",
          );
      }
    });
  }
}

/** The keywords beside `oneOf` count for every branch: `{type: "object", oneOf: […]}`. */
function withoutBranches(node: SchemaNode): SchemaNode[] {
  const { oneOf: _, anyOf: __, $ref: ___, allOf: ____, ...schema } = node.schema as SchemaObject;
  return [{ ...node, schema }];
}

function excludeEachOther(
  document: SchemaDocument,
  left: Conjunction,
  right: Conjunction,
  depth: number,
): boolean {
  if (depth > DEPTH_MAX) return false;
  const rights = expandSchema(document, right);
  return expandSchema(document, left).every((a) => rights.every((b) => areDisjoint(document, a, b, depth)));
}

function areDisjoint(
  document: SchemaDocument,
  left: Conjunction,
  right: Conjunction,
  depth: number,
): boolean {
  document.work.spend(STEPS_PER_PAIR, left[0]?.path ?? "#");
  const a = mergeConstraints(left, document.dialect);
  const b = mergeConstraints(right, document.dialect);
  if (a.values !== undefined) return refusesAll(document, b, a);
  if (b.values !== undefined) return refusesAll(document, a, b);
  const shared = [...a.validTypes].filter((type) => b.validTypes.has(type));
  return shared.every((type) => areDisjointAs(type, document, a, b, depth));
}

function refusesAll(document: SchemaDocument, other: Constraints, { values, path }: Constraints): boolean {
  document.work.spend(STEPS_PER_VALUE * values!.length, path);
  return values!.every((value) => !satisfies(document, other.nodes, value, other));
}

function areDisjointAs(
  type: JsonType,
  document: SchemaDocument,
  a: Constraints,
  b: Constraints,
  depth: number,
): boolean {
  if (type === "number") return liesBelow(a, b) || liesBelow(b, a);
  if (type === "string") return isLonger(a.minLength, b.maxLength) || isLonger(b.minLength, a.maxLength);
  if (type === "array") {
    if (isLonger(a.minItems, b.maxItems) || isLonger(b.minItems, a.maxItems)) return true;
    return a.minItems > 0 && b.minItems > 0 && excludeItems(document, a, b, depth);
  }
  if (type !== "object") return false;
  const shared = [...a.required].filter((name) => b.required.has(name));
  return shared.some((name) => {
    const left = propertySchemas(document, a.nodes, { name, patterns: [] });
    const right = propertySchemas(document, b.nodes, { name, patterns: [] });
    return left === undefined || right === undefined || excludeEachOther(document, left, right, depth + 1);
  });
}

function excludeItems(document: SchemaDocument, a: Constraints, b: Constraints, depth: number): boolean {
  const left = itemSchemas(document, a.nodes, 0);
  const right = itemSchemas(document, b.nodes, 0);
  return left === undefined || right === undefined || excludeEachOther(document, left, right, depth + 1);
}

function liesBelow({ maximum }: Constraints, { minimum }: Constraints): boolean {
  if (maximum === undefined || minimum === undefined) return false;
  if (maximum.value < minimum.value) return true;
  return maximum.value === minimum.value && (maximum.exclusive || minimum.exclusive);
}

function isLonger(min: number, max: number | undefined): boolean {
  return max !== undefined && min > max;
}
