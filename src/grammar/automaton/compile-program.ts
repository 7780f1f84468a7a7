import { ColloquyError } from "../../base/errors.ts";
import type { GrammarDefinition, TokenNode } from "../ir.ts";
import { leftRecursion, nullableItems, orderItems, productiveItems } from "./item-properties.ts";
import { ITEM, type ItemTable } from "./item-table.ts";
import { lowerDefinition } from "./lower-definition.ts";
import { withoutEmptyRepetitions } from "./non-empty.ts";

/** A grammar ready to be stepped through: every item can be completed, and no rule begins with itself. */
export interface GrammarProgram {
  readonly items: ItemTable;
  readonly root: number;
  readonly tokens: readonly TokenNode[];
  /** Bytes that no item tells apart share a class; classes are intervals, numbered in byte order. */
  readonly classOfByte: Uint8Array;
  readonly classCount: number;
}

/**
 * Compiles a definition for the automaton.
 *
 * @throws ColloquyError `grammar-invalid` for a missing rule, a rule that begins with itself, or a grammar that
 * matches nothing; `grammar-limit` for one that is too large
 */
export function compileProgram(definition: GrammarDefinition): GrammarProgram {
  const { items, root, tokens } = lowerDefinition(definition);
  let order = orderItems(items);
  let nullable = nullableItems(items, order);
  if (withoutEmptyRepetitions(items, nullable)) {
    order = orderItems(items);
    nullable = nullableItems(items, order);
  }
  const productive = productiveItems(items, order);
  if (productive[root] === 0)
    throw new ColloquyError("grammar-invalid", "The grammar matches no text: its root rule never ends");
  prune(items, order.items, productive);
  const recursion = order.hasCycles ? leftRecursion(items, nullable) : undefined;
  if (recursion !== undefined)
    throw new ColloquyError(
      "grammar-invalid",
      `The grammar is left-recursive: ${[...recursion, recursion[0]].join(" → ")}`,
      { hint: "write the repetition as x* or let the rule begin with something that it consumes" },
    );
  return { items, root, tokens, ...byteClasses(items) };
}

/** Takes out every way that cannot be completed, so that whatever is begun can be finished. */
function prune(items: ItemTable, order: Int32Array, productive: Uint8Array): void {
  if (!productive.includes(0)) return;
  for (const item of order) {
    if (productive[item] === 0) items.narrowTo(item, []);
    else if (items.kind[item] === ITEM.choice)
      items.narrowTo(
        item,
        items.childrenOf(item).filter((child) => productive[child] === 1),
      );
    else if (items.kind[item] === ITEM.repeat && productive[items.first[item]!] === 0)
      items.narrowTo(item, [0]);
  }
}

function byteClasses({ size, kind, first, edges }: ItemTable): {
  classOfByte: Uint8Array;
  classCount: number;
} {
  const starts = new Uint8Array(257);
  for (let i = 0; i < edges.length; i++) {
    const edge = edges[i]!;
    starts[edge.first] = 1;
    starts[edge.last + 1] = 1;
  }
  for (let item = 0; item < size; item++) {
    if (kind[item]! < ITEM.byte || kind[item]! > ITEM.lastByte) continue;
    const byte = first[item]!;
    starts[byte] = 1;
    starts[byte + 1] = 1;
  }
  const classOfByte = new Uint8Array(256);
  for (let byte = 1; byte < 256; byte++) classOfByte[byte] = classOfByte[byte - 1]! + starts[byte]!;
  return { classOfByte, classCount: classOfByte[255]! + 1 };
}
