import { GRAMMAR_LIMITS, limitError } from "../limits.ts";
import { ITEM, type ItemTable } from "./item-table.ts";

/**
 * Makes every repetition repeat an item that consumes something; returns whether there was any that did not.
 * `x{m,n}` with an `x` that may be empty is the same as `x'{0,n}`, where `x'` is `x` without the empty text;
 * without this, a bounded repetition of nothing would be counted through at every step.
 */
export function withoutEmptyRepetitions(items: ItemTable, nullable: Uint8Array): boolean {
  const known = new Map<number, number>();
  const size = items.size;
  let found = false;
  for (let item = 0; item < size; item++) {
    if (items.kind[item] !== ITEM.repeat || nullable[items.first[item]!] === 0) continue;
    const repeated = nonEmpty(items.first[item]!, 0);
    items.first[item] = repeated;
    items.second[item] = 0;
    found = true;
  }
  return found;

  /** The item without the empty text. */
  function nonEmpty(item: number, depth: number): number {
    if (item < nullable.length && nullable[item] === 0) return item;
    const done = known.get(item);
    if (done !== undefined) return done;
    if (depth > GRAMMAR_LIMITS.definitionNesting)
      throw limitError("items in a row that may be empty", GRAMMAR_LIMITS.definitionNesting);
    // An alias first: the item may contain itself.
    const result = items.addAlias(items.names.get(item) ?? "");
    known.set(item, result);
    items.define(result, body(item, depth + 1));
    return result;
  }

  function body(item: number, depth: number): number {
    const [first, second, third] = [items.first[item]!, items.second[item]!, items.third[item]!];
    switch (items.kind[item]!) {
      case ITEM.pair:
        return items.addChoice([items.addPair(nonEmpty(first, depth), second), nonEmpty(second, depth)]);
      case ITEM.choice:
        return items.addChoice(items.childrenOf(item).map((child) => nonEmpty(child, depth)));
      case ITEM.repeat:
        return items.addRepeat(nullable[first] === 1 ? nonEmpty(first, depth) : first, 1, third);
      case ITEM.alias:
        return nonEmpty(first, depth);
      default:
        return items.addChoice([]);
    }
  }
}
