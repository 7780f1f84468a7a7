import type { ITEM, ItemKind } from "./item-table.ts";
import { doubled } from "./set-pool.ts";

/** Items that are made when they are reached: repetitions that count down, and words of which a beginning was read. */
export class DynamicItems {
  #kinds = new Int32Array(16);
  #first = new Int32Array(16);
  #second = new Int32Array(16);
  #third = new Int32Array(16);
  #count = 0;
  /** One more than the index of an item, by its hash. */
  #table = new Int32Array(64);

  get count(): number {
    return this.#count;
  }

  kind(index: number): ItemKind {
    return this.#kinds[index] as ItemKind;
  }

  first(index: number): number {
    return this.#first[index]!;
  }

  second(index: number): number {
    return this.#second[index]!;
  }

  third(index: number): number {
    return this.#third[index]!;
  }

  /** The index of an item, which is stored once. */
  intern(kind: typeof ITEM.repeat | typeof ITEM.words, first: number, second: number, third: number): number {
    const mask = this.#table.length - 1;
    let slot = hash(kind, first, second, third) & mask;
    for (let found = this.#table[slot]!; found !== 0; found = this.#table[slot]!) {
      const index = found - 1;
      if (
        this.#first[index] === first &&
        this.#second[index] === second &&
        this.#third[index] === third &&
        this.#kinds[index] === kind
      )
        return index;
      slot = (slot + 1) & mask;
    }
    const index = this.#count++;
    if (index >= this.#kinds.length) {
      this.#kinds = doubled(this.#kinds);
      this.#first = doubled(this.#first);
      this.#second = doubled(this.#second);
      this.#third = doubled(this.#third);
    }
    this.#kinds[index] = kind;
    this.#first[index] = first;
    this.#second[index] = second;
    this.#third[index] = third;
    this.#table[slot] = index + 1;
    if (this.#count * 2 > this.#table.length) this.#rehash();
    return index;
  }

  #rehash(): void {
    const table = new Int32Array(this.#table.length * 2);
    const mask = table.length - 1;
    for (let index = 0; index < this.#count; index++) {
      let slot =
        hash(this.#kinds[index]!, this.#first[index]!, this.#second[index]!, this.#third[index]!) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = index + 1;
    }
    this.#table = table;
  }
}

function hash(kind: number, first: number, second: number, third: number): number {
  let mixed = Math.imul(first ^ Math.imul(kind, 0x27d4eb2f), 0x9e3779b1);
  mixed = Math.imul(mixed ^ second ^ (mixed >>> 15), 0x85ebca6b);
  mixed = Math.imul(mixed ^ third ^ (mixed >>> 13), 0xc2b2ae35);
  return mixed ^ (mixed >>> 16);
}
