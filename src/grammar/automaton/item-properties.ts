import { ITEM, type ItemTable } from "./item-table.ts";

/** The items that the property of an item follows from. */
export function dependencies(items: ItemTable, item: number): readonly number[] {
  switch (items.kind[item]!) {
    case ITEM.pair:
      return [items.first[item]!, items.second[item]!];
    case ITEM.choice:
      return items.children[item]!;
    case ITEM.repeat:
    case ITEM.alias:
      return [items.first[item]!];
    default:
      return [];
  }
}

/** Items mostly come after their parts: so many passes settle all but chains of rules in the wrong order. */
const PASSES = 4;

/** The smallest set that is closed under `holds`, in time linear in the number of items and references. */
function leastSet(items: ItemTable, holds: (item: number, members: Uint8Array) => boolean): Uint8Array {
  const members = new Uint8Array(items.size);
  for (let pass = 0; pass < PASSES; pass++) {
    let changed = false;
    for (let item = 0; item < items.size; item++)
      if (members[item] === 0 && holds(item, members)) {
        members[item] = 1;
        changed = true;
      }
    if (!changed) return members;
  }
  const users: number[][] = Array.from({ length: items.size }, () => []);
  for (let item = 0; item < items.size; item++)
    for (const dependency of dependencies(items, item)) users[dependency]!.push(item);
  const work = Array.from({ length: items.size }, (_, item) => item);
  for (let item = work.pop(); item !== undefined; item = work.pop()) {
    if (members[item] === 1 || !holds(item, members)) continue;
    members[item] = 1;
    for (const user of users[item]!) work.push(user);
  }
  return members;
}

/** Which items match the empty text. */
export function nullableItems(items: ItemTable): Uint8Array {
  return leastSet(items, (item, members) => {
    const first = members[items.first[item]!] === 1;
    switch (items.kind[item]!) {
      case ITEM.empty:
        return true;
      case ITEM.pair:
        return first && members[items.second[item]!] === 1;
      case ITEM.choice:
        return items.children[item]!.some((child) => members[child] === 1);
      case ITEM.repeat:
        return items.second[item] === 0 || first;
      case ITEM.alias:
        return first;
      default:
        return false;
    }
  });
}

/** Which items match any text at all. */
export function productiveItems(items: ItemTable): Uint8Array {
  return leastSet(items, (item, members) => {
    const first = members[items.first[item]!] === 1;
    switch (items.kind[item]!) {
      case ITEM.empty:
      case ITEM.token:
        return true;
      case ITEM.bytes:
        return items.edges[item]!.length > 0;
      case ITEM.pair:
        return first && members[items.second[item]!] === 1;
      case ITEM.choice:
        return items.children[item]!.some((child) => members[child] === 1);
      case ITEM.repeat:
        return items.second[item] === 0 || first;
      case ITEM.alias:
        return first;
    }
  });
}

/** The rules of a cycle in which a rule can begin with itself, or `undefined` when there is none. */
export function leftRecursion(items: ItemTable, nullable: Uint8Array): string[] | undefined {
  const state = new Uint8Array(items.size);
  for (let root = 0; root < items.size; root++) {
    if (state[root] !== 0) continue;
    const path: { item: number; next: readonly number[]; at: number }[] = [];
    const enter = (item: number) => {
      state[item] = 1;
      path.push({ item, next: leftCorners(items, nullable, item), at: 0 });
    };
    enter(root);
    while (path.length > 0) {
      const top = path[path.length - 1]!;
      const next = top.next[top.at++];
      if (next === undefined) {
        state[top.item] = 2;
        path.pop();
      } else if (state[next] === 1) {
        const cycle = path.slice(path.findIndex((entry) => entry.item === next));
        return cycle.flatMap((entry) => items.names.get(entry.item) ?? []);
      } else if (state[next] === 0) enter(next);
    }
  }
  return undefined;
}

function leftCorners(items: ItemTable, nullable: Uint8Array, item: number): readonly number[] {
  if (items.kind[item] === ITEM.pair && nullable[items.first[item]!] === 0) return [items.first[item]!];
  return dependencies(items, item);
}
