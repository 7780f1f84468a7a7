import { dependencies } from "./item-properties.ts";
import { ITEM, type ItemTable } from "./item-table.ts";

/** More than this is not told apart. */
export const WEIGHT_MAX = 64;

/** Items mostly come after their parts: so many passes settle nearly all grammars. */
const PASSES = 8;

/**
 * The least number of characters that each item consumes, at most {@link WEIGHT_MAX}. A byte that goes on with a
 * character counts nothing, so that an item that begins inside of one is not overrated.
 */
export function itemWeights(items: ItemTable): Uint8Array {
  const weights = new Uint8Array(items.size).fill(WEIGHT_MAX);
  for (let pass = 0; pass < PASSES; pass++) {
    let changed = false;
    for (let item = 0; item < items.size; item++) {
      const weight = weightOf(items, weights, item);
      if (weight >= weights[item]!) continue;
      weights[item] = weight;
      changed = true;
    }
    if (!changed) return weights;
  }
  const users: number[][] = Array.from({ length: items.size }, () => []);
  for (let item = 0; item < items.size; item++)
    for (const part of partsOf(items, item)) users[part]!.push(item);
  const work = Array.from({ length: items.size }, (_, item) => item);
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    const weight = weightOf(items, weights, item);
    if (weight >= weights[item]!) continue;
    weights[item] = weight;
    for (const user of users[item]!) work.push(user);
  }
  return weights;
}

function partsOf(items: ItemTable, item: number): readonly number[] {
  return items.kind[item] === ITEM.bytes
    ? items.edges[item]!.map(({ target }) => target)
    : dependencies(items, item);
}

function weightOf(items: ItemTable, weights: Uint8Array, item: number): number {
  const first = weights[items.first[item]!]!;
  switch (items.kind[item]!) {
    case ITEM.bytes: {
      let least = WEIGHT_MAX;
      for (const edge of items.edges[item]!) {
        const goesOn = edge.first < 0xc0 && edge.last >= 0x80;
        least = Math.min(least, weights[edge.target]! + (goesOn ? 0 : 1));
      }
      return least;
    }
    case ITEM.pair:
      return first + weights[items.second[item]!]!;
    case ITEM.choice:
      return items.children[item]!.reduce((least, child) => Math.min(least, weights[child]!), WEIGHT_MAX);
    case ITEM.repeat:
      return first * items.second[item]!;
    case ITEM.alias:
      return first;
    default:
      return 0;
  }
}
