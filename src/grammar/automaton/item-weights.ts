import { orderItems, partOf } from "./item-properties.ts";
import { ITEM, type ItemTable } from "./item-table.ts";

/** More than this is not told apart. */
export const WEIGHT_MAX = 64;

/**
 * The least number of characters that each item consumes, at most {@link WEIGHT_MAX}. A byte that goes on with a
 * character counts nothing, so that an item that begins inside of one is not overrated.
 */
export function itemWeights(table: ItemTable): Uint8Array {
  const weights = new Uint8Array(table.size).fill(WEIGHT_MAX);
  weights[0] = 0;
  const { kind, first } = table;
  // Those that consume by themselves: a text from its end, a character set after what its edges lead to.
  for (let item = table.size - 1; item >= 0; item--) {
    const own = (first[item]! & 0xc0) === 0x80 ? 0 : 1;
    if (kind[item] === ITEM.lastByte) weights[item] = own;
    else if (kind[item] === ITEM.byte) weights[item] = Math.min(WEIGHT_MAX, weights[item + 1]! + own);
    else if (kind[item] === ITEM.token) weights[item] = 0;
  }
  for (let item = 0; item < table.size; item++)
    if (kind[item] === ITEM.bytes) weights[item] = weightOfSet(table, weights, item);
    else if (kind[item] === ITEM.words) weights[item] = weightOfWords(table, weights, item);
  settle(table, weights);
  return weights;
}

/** Lowers the weights of all other items to what their parts allow, in time linear in the number of references. */
function settle(table: ItemTable, weights: Uint8Array): void {
  const order = orderItems(table);
  const lower = (item: number) => {
    const weight = weightOf(table, weights, item);
    if (weight >= weights[item]!) return false;
    weights[item] = weight;
    return true;
  };
  for (const item of order.items) lower(item);
  if (!order.hasCycles) return;
  const users = new Map<number, number[]>();
  for (const item of order.items)
    for (let i = 0, part = partOf(table, item, 0); part >= 0; part = partOf(table, item, ++i)) {
      const known = users.get(part);
      if (known === undefined) users.set(part, [item]);
      else known.push(item);
    }
  const work = [...order.items];
  for (let item = work.pop(); item !== undefined; item = work.pop())
    if (lower(item)) for (const user of users.get(item) ?? []) work.push(user);
}

function weightOfSet({ first, second, edges }: ItemTable, weights: Uint8Array, item: number): number {
  let least = WEIGHT_MAX;
  for (let i = first[item]!; i < first[item]! + second[item]!; i++) {
    const edge = edges[i]!;
    const goesOn = edge.first < 0xc0 && edge.last >= 0x80;
    least = Math.min(least, weights[edge.target]! + (goesOn ? 0 : 1));
  }
  return least;
}

function weightOfWords({ first, second, words }: ItemTable, weights: Uint8Array, item: number): number {
  let least = WEIGHT_MAX;
  for (let i = first[item]!; i < second[item]!; i++) least = Math.min(least, weights[words[i]!.item]!);
  return least;
}

function weightOf(table: ItemTable, weights: Uint8Array, item: number): number {
  const first = weights[table.first[item]!]!;
  switch (table.kind[item]) {
    case ITEM.pair:
      return first + weights[table.second[item]!]!;
    case ITEM.choice:
      return table.childrenOf(item).reduce((least, child) => Math.min(least, weights[child]!), WEIGHT_MAX);
    case ITEM.repeat:
      return Math.min(WEIGHT_MAX, first * table.second[item]!);
    default:
      return first;
  }
}
