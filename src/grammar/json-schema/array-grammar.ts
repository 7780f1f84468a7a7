import { choice, EMPTY, type GrammarNode, literal, NEVER, optional, repeat, sequence } from "../ir.ts";
import { itemSchemas, prefixLength } from "./children.ts";
import { addRule, type Compilation, valueRule } from "./compilation.ts";
import type { Constraints } from "./constraints.ts";
import { SCHEMA_LIMITS } from "./schema-options.ts";

/** Prefix items that one rule holds, so that nothing nests deeply. */
const ITEMS_PER_RULE = 64;

/** The arrays that satisfy the constraints: the prefix as a chain, each link optional once there are enough items. */
export function arrayGrammar(compilation: Compilation, constraints: Constraints): GrammarNode {
  const { nodes, minItems, maxItems, path } = constraints;
  const { comma, edge } = compilation.separators;
  if (maxItems !== undefined && minItems > maxItems) {
    compilation.contradictions.push({ path, why: `at least ${minItems} items, but maxItems is ${maxItems}` });
    return NEVER;
  }
  const length = prefixLength(nodes);
  let tail = restItems(compilation, constraints, length);
  let chained = 0;
  for (let index = length - 1; index >= 0; index--) {
    const schemas =
      maxItems !== undefined && index >= maxItems
        ? undefined
        : itemSchemas(compilation.document, nodes, index);
    const item =
      schemas === undefined
        ? NEVER
        : sequence(...(index > 0 ? [comma] : []), valueRule(compilation, schemas), ...flat(tail));
    const mayStop = index >= minItems;
    tail = mayStop ? choice(EMPTY, item) : item;
    if (mayStop || ++chained % ITEMS_PER_RULE === 0) tail = addRule(compilation, "items", tail);
  }
  return sequence(literal("["), edge, ...flat(tail), edge, literal("]"));
}

/** What follows the items of the prefix. */
function restItems(compilation: Compilation, constraints: Constraints, written: number): GrammarNode {
  const { comma } = compilation.separators;
  const need = Math.max(0, constraints.minItems - written);
  const maxItems =
    constraints.maxItems === undefined ? undefined : Math.min(constraints.maxItems, SCHEMA_LIMITS.repetition);
  const room = maxItems === undefined ? undefined : Math.max(0, maxItems - written);
  const schemas = room === 0 ? undefined : itemSchemas(compilation.document, constraints.nodes, written);
  if (schemas === undefined) return need === 0 ? EMPTY : NEVER;
  const item = valueRule(compilation, schemas);
  if (written > 0) return repeat(sequence(comma, item), need, room);
  const list = separatedList(item, comma, Math.max(1, need), room);
  return need === 0 ? optional(list) : list;
}

/** `min` (at least 1) to `max` items with separators between. */
export function separatedList(
  item: GrammarNode,
  separator: GrammarNode,
  min: number,
  max: number | undefined,
): GrammarNode {
  if (max === 1) return item;
  return sequence(item, repeat(sequence(separator, item), min - 1, max === undefined ? undefined : max - 1));
}

function flat(node: GrammarNode): readonly GrammarNode[] {
  return node.type === "sequence" ? node.items : [node];
}
