import { ITEM, type ItemTable } from "./item-table.ts";

/** The items that consume nothing by themselves, each after the items that it is made of as far as cycles allow. */
export interface ItemOrder {
  readonly items: Int32Array;
  /** Some item is made of itself. */
  readonly hasCycles: boolean;
}

const NEW = 0;
const OPEN = 1;
const DONE = 2;

/** The item at an index of those that an item is made of, or -1 behind the last. */
export function partOf({ kind, first, second, children }: ItemTable, item: number, index: number): number {
  switch (kind[item]) {
    case ITEM.pair:
      return index === 0 ? first[item]! : index === 1 ? second[item]! : -1;
    case ITEM.choice:
      return index < second[item]! ? children[first[item]! + index]! : -1;
    case ITEM.repeat:
    case ITEM.alias:
      return index === 0 ? first[item]! : -1;
    default:
      return -1;
  }
}

function isMadeOfItems(kind: number): boolean {
  return kind >= ITEM.pair && kind <= ITEM.alias;
}

/** Orders the items of a grammar, depth first. */
export function orderItems(table: ItemTable): ItemOrder {
  const { size, kind } = table;
  const state = new Uint8Array(size);
  const order = new Int32Array(size);
  const path = new Int32Array(size + 1);
  const next = new Int32Array(size + 1);
  let count = 0;
  let hasCycles = false;
  for (let root = 0; root < size; root++) {
    if (state[root] !== NEW || !isMadeOfItems(kind[root]!)) continue;
    let depth = 0;
    path[0] = root;
    next[0] = 0;
    state[root] = OPEN;
    while (depth >= 0) {
      const item = path[depth]!;
      const part = partOf(table, item, next[depth]!++);
      if (part < 0) {
        state[item] = DONE;
        order[count++] = item;
        depth--;
      } else if (state[part] === OPEN) hasCycles = true;
      else if (state[part] === NEW && isMadeOfItems(kind[part]!)) {
        state[part] = OPEN;
        depth++;
        path[depth] = part;
        next[depth] = 0;
      }
    }
  }
  return { items: order.subarray(0, count), hasCycles };
}

/** So many passes settle all cycles but strange ones. */
const PASSES = 4;

/**
 * The smallest set that has the items of `members` and is closed under `holds`, in time linear in the number of items
 * and references.
 */
function complete(
  table: ItemTable,
  order: ItemOrder,
  members: Uint8Array,
  holds: (item: number) => boolean,
): Uint8Array {
  const { items, hasCycles } = order;
  for (let pass = 0; pass < PASSES; pass++) {
    let changed = false;
    for (let i = 0; i < items.length; i++) {
      const item = items[i]!;
      if (members[item] === 1 || !holds(item)) continue;
      members[item] = 1;
      changed = true;
    }
    if (!changed || !hasCycles) return members;
  }
  const users = new Map<number, number[]>();
  for (const item of items)
    for (let i = 0, part = partOf(table, item, 0); part >= 0; part = partOf(table, item, ++i)) {
      const known = users.get(part);
      if (known === undefined) users.set(part, [item]);
      else known.push(item);
    }
  const work = [...items];
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    if (members[item] === 1 || !holds(item)) continue;
    members[item] = 1;
    for (const user of users.get(item) ?? []) work.push(user);
  }
  return members;
}

function anyChild(table: ItemTable, item: number, members: Uint8Array): boolean {
  const from = table.first[item]!;
  const to = from + table.second[item]!;
  for (let i = from; i < to; i++) if (members[table.children[i]!] === 1) return true;
  return false;
}

/** Which items match the empty text. */
export function nullableItems(table: ItemTable, order: ItemOrder): Uint8Array {
  const { kind, first, second } = table;
  const members = new Uint8Array(table.size);
  members[0] = 1;
  return complete(table, order, members, (item) => {
    switch (kind[item]) {
      case ITEM.pair:
        return members[first[item]!] === 1 && members[second[item]!] === 1;
      case ITEM.choice:
        return anyChild(table, item, members);
      case ITEM.repeat:
        return second[item] === 0 || members[first[item]!] === 1;
      default:
        return members[first[item]!] === 1;
    }
  });
}

/** Which items match any text at all. */
export function productiveItems(table: ItemTable, order: ItemOrder): Uint8Array {
  const { kind, first, second } = table;
  const members = new Uint8Array(table.size).fill(1);
  for (let i = 0; i < order.items.length; i++) members[order.items[i]!] = 0;
  for (let item = 0; item < table.size; item++)
    if (kind[item] === ITEM.bytes && second[item] === 0) members[item] = 0;
  return complete(table, order, members, (item) => {
    switch (kind[item]) {
      case ITEM.pair:
        return members[first[item]!] === 1 && members[second[item]!] === 1;
      case ITEM.choice:
        return anyChild(table, item, members);
      case ITEM.repeat:
        return second[item] === 0 || members[first[item]!] === 1;
      default:
        return members[first[item]!] === 1;
    }
  });
}

/** The rules of a cycle in which a rule can begin with itself, or `undefined` when there is none. */
export function leftRecursion(table: ItemTable, nullable: Uint8Array): string[] | undefined {
  const { size, kind, names } = table;
  const state = new Uint8Array(size);
  const path: number[] = [];
  const next: number[] = [];
  for (let root = 0; root < size; root++) {
    if (state[root] !== NEW || !isMadeOfItems(kind[root]!)) continue;
    path.push(root);
    next.push(0);
    state[root] = OPEN;
    while (path.length > 0) {
      const item = path[path.length - 1]!;
      const corner = leftCorner(table, nullable, item, next[next.length - 1]!++);
      if (corner < 0) {
        state[item] = DONE;
        path.pop();
        next.pop();
      } else if (state[corner] === OPEN) {
        const cycle = path.slice(path.indexOf(corner));
        return cycle.flatMap((entry) => names.get(entry) ?? []);
      } else if (state[corner] === NEW && isMadeOfItems(kind[corner]!)) {
        state[corner] = OPEN;
        path.push(corner);
        next.push(0);
      }
    }
  }
  return undefined;
}

function leftCorner(table: ItemTable, nullable: Uint8Array, item: number, index: number): number {
  if (index > 0 && table.kind[item] === ITEM.pair && nullable[table.first[item]!] === 0) return -1;
  return partOf(table, item, index);
}
