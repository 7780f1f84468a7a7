import { GRAMMAR_LIMITS, limitError } from "../limits.ts";
import { ITEM } from "./item-table.ts";
import { doubled } from "./set-pool.ts";
import { END_NODE, type StackStore } from "./stack-store.ts";

/** So many numbers are sorted by hand. */
const FEW = 16;

/**
 * Follows items down to those that consume something.
 * An item that is reached by several ways is followed once, with what may come after it merged.
 */
export class Closure {
  readonly #store: StackStore;
  /** For each item reached: the set of nodes that may follow it. Valid where the stamp is current. */
  #rests: Int32Array<ArrayBuffer>;
  #stamps: Int32Array<ArrayBuffer>;
  #stamp = 0;
  #canEnd = false;
  #consuming = new Int32Array(16);
  #consumingCount = 0;
  #work = new Int32Array(16);
  #workCount = 0;
  #nodes = new Int32Array(64);

  constructor(store: StackStore) {
    this.#store = store;
    this.#rests = new Int32Array(store.itemCount + 256);
    this.#stamps = new Int32Array(store.itemCount + 256);
  }

  begin(): void {
    this.#stamp++;
    this.#canEnd = false;
    this.#consumingCount = 0;
    // A limit may have stopped the last one half way.
    this.#workCount = 0;
  }

  /** Reaches an item that one of the nodes of `rest` must follow. */
  add(item: number, rest: number): void {
    while (item >= this.#stamps.length) {
      this.#rests = doubled(this.#rests);
      this.#stamps = doubled(this.#stamps);
    }
    if (this.#stamps[item] === this.#stamp) {
      const known = this.#rests[item]!;
      const merged = this.#store.union(known, rest);
      if (merged === known) return;
      this.#rests[item] = merged;
    } else {
      this.#stamps[item] = this.#stamp;
      this.#rests[item] = rest;
    }
    if (this.#workCount >= this.#work.length) this.#work = doubled(this.#work);
    this.#work[this.#workCount++] = item;
  }

  /** Reaches what follows a finished item. */
  pop(rest: number): void {
    const { sets } = this.#store;
    for (let i = sets.start(rest); i < sets.end(rest); i++) {
      const node = sets.member(i);
      if (node === END_NODE) this.#canEnd = true;
      else this.add(this.#store.itemOf(node), this.#store.restOf(node));
    }
  }

  /** The set of nodes that consume something, the end among them where it was reached. */
  finish(): number {
    let steps = 0;
    while (this.#workCount > 0) {
      const item = this.#work[--this.#workCount]!;
      if (++steps > GRAMMAR_LIMITS.closure) throw limitError("ways to go on", GRAMMAR_LIMITS.closure);
      this.#follow(item, this.#rests[item]!);
    }
    this.#store.spend(steps);
    const most = this.#consumingCount + 1;
    if (most > this.#nodes.length) this.#nodes = new Int32Array(2 * most);
    let count = 0;
    if (this.#canEnd) this.#nodes[count++] = END_NODE;
    for (let i = 0; i < this.#consumingCount; i++) {
      const item = this.#consuming[i]!;
      this.#nodes[count++] = this.#store.node(item, this.#rests[item]!);
    }
    return this.#store.sets.intern(this.#nodes, sortUnique(this.#nodes, count));
  }

  #follow(item: number, rest: number): void {
    const { items } = this.#store.program;
    switch (this.#store.kind(item)) {
      case ITEM.empty:
        this.pop(rest);
        return;
      case ITEM.bytes:
      case ITEM.byte:
      case ITEM.lastByte:
      case ITEM.words:
      case ITEM.token:
        if (this.#consumingCount >= this.#consuming.length) this.#consuming = doubled(this.#consuming);
        this.#consuming[this.#consumingCount++] = item;
        return;
      case ITEM.pair:
        this.add(items.first[item]!, this.#after(items.second[item]!, rest));
        return;
      case ITEM.choice:
        this.#followChoice(items.first[item]!, items.second[item]!, rest);
        return;
      case ITEM.alias:
        this.add(items.first[item]!, rest);
        return;
      case ITEM.repeat:
        this.#followRepeat(item, rest);
    }
  }

  #followChoice(from: number, count: number, rest: number): void {
    const { children } = this.#store.program.items;
    for (let i = from; i < from + count; i++) this.add(children[i]!, rest);
  }

  #followRepeat(item: number, rest: number): void {
    const repeated = this.#store.first(item);
    const min = this.#store.second(item);
    const max = this.#store.third(item);
    if (min === 0) this.pop(rest);
    const remaining = this.#store.repeat(repeated, Math.max(min - 1, 0), max < 0 ? max : max - 1);
    this.add(repeated, remaining === 0 ? rest : this.#after(remaining, rest));
  }

  #after(item: number, rest: number): number {
    return this.#store.sets.internOne(this.#store.node(item, rest));
  }
}

/** Sorts the first numbers of an array in place, without repetitions; returns how many are left. */
function sortUnique(array: Int32Array, count: number): number {
  if (count > FEW) array.subarray(0, count).sort();
  else
    for (let i = 1; i < count; i++) {
      const value = array[i]!;
      let at = i;
      for (; at > 0 && array[at - 1]! > value; at--) array[at] = array[at - 1]!;
      array[at] = value;
    }
  let kept = 0;
  for (let i = 0; i < count; i++) if (kept === 0 || array[kept - 1] !== array[i]) array[kept++] = array[i]!;
  return kept;
}
