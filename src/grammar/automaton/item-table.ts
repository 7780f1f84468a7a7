import { GRAMMAR_LIMITS, limitError } from "../limits.ts";

/** What an item of a compiled grammar does; see {@link ItemTable}. */
export const ITEM = {
  /** Matches nothing, always. */
  empty: 0,
  /** Consumes one byte and goes on with the target of the byte's range: `second` edges from `first` on. */
  bytes: 1,
  /** `first`, then `second`. */
  pair: 2,
  /** Any of `second` children from `first` on. */
  choice: 3,
  /** `first`, `second` to `third` times; without end where `third` is negative. */
  repeat: 4,
  /** What `first` is: a rule, which may be used before it is filled in. */
  alias: 5,
  /** One token of the list at `first`. */
  token: 6,
  /** Consumes the byte `first` and goes on with the next item. */
  byte: 7,
  /** Consumes the byte `first`, the last one of a text. */
  lastByte: 8,
  /** One of the words from `first` to before `second`, which have their first `third` bytes in common, without these. */
  words: 9,
} as const;
export type ItemKind = (typeof ITEM)[keyof typeof ITEM];

/** One of the transitions of a `bytes` item. */
export interface ByteEdge {
  readonly first: number;
  readonly last: number;
  /** The item that follows, or 0 when this was the last byte. */
  readonly target: number;
}

const INITIAL_SIZE = 512;

/**
 * The items that a grammar is made of, numbered, in flat arrays: a large schema has thousands of them.
 * Item 0 is the empty one. Equal character sets, pairs and texts share a number. The arrays are replaced by larger ones
 * while items are added.
 */
export class ItemTable {
  kind: Uint8Array = new Uint8Array(INITIAL_SIZE);
  first: Int32Array = new Int32Array(INITIAL_SIZE);
  second: Int32Array = new Int32Array(INITIAL_SIZE);
  third: Int32Array = new Int32Array(INITIAL_SIZE);
  /** The children of all choices. */
  readonly children: number[] = [];
  /** The edges of all `bytes` items. */
  readonly edges: ByteEdge[] = [];
  /** The first item of each word, and its length in bytes. Words that begin alike follow each other, shorter ones first. */
  readonly words: { readonly item: number; readonly length: number }[] = [];
  /** The rule of an alias, for messages. */
  readonly names = new Map<number, string>();
  readonly #sets = new Map<string, number>();
  readonly #pairs = new Map<number, number>();
  readonly #texts = new Map<string, number>();
  #size = 1;

  get size(): number {
    return this.#size;
  }

  addBytes(edges: readonly ByteEdge[]): number {
    let key = "";
    for (const { first, last, target } of edges) key += `${first},${last},${target};`;
    const known = this.#sets.get(key);
    if (known !== undefined) return known;
    const item = this.#add(ITEM.bytes, this.edges.length, edges.length);
    this.edges.push(...edges);
    this.#sets.set(key, item);
    return item;
  }

  /** A text as it is, its bytes in items that follow each other. */
  addText(text: string): number {
    const known = this.#texts.get(text);
    if (known !== undefined) return known;
    const item = this.addByteText(new TextEncoder().encode(text));
    this.#texts.set(text, item);
    return item;
  }

  addByteText(bytes: Uint8Array): number {
    if (bytes.length === 0) return 0;
    const item = this.#reserve(bytes.length);
    const last = item + bytes.length - 1;
    this.kind.fill(ITEM.byte, item, last);
    this.kind[last] = ITEM.lastByte;
    this.first.set(bytes, item);
    return item;
  }

  /** Any of these texts, none of which is empty. They are parted by their bytes only where that is come to. */
  addWords(texts: readonly string[]): number {
    const sorted = [...new Set(texts)].sort();
    if (sorted.length === 1) return this.addText(sorted[0]!);
    const from = this.words.length;
    for (const text of sorted) {
      const item = this.addText(text);
      let length = 1;
      while (this.kind[item + length - 1] === ITEM.byte) length++;
      this.words.push({ item, length });
    }
    return this.#add(ITEM.words, from, this.words.length, 0);
  }

  addPair(first: number, second: number): number {
    if (first === 0) return second;
    if (second === 0) return first;
    const key = first * (GRAMMAR_LIMITS.nodes + 1) + second;
    let item = this.#pairs.get(key);
    if (item === undefined) this.#pairs.set(key, (item = this.#add(ITEM.pair, first, second)));
    return item;
  }

  addChoice(children: readonly number[]): number {
    if (children.length === 1) return children[0]!;
    const from = this.children.length;
    for (const child of children) this.children.push(child);
    return this.#add(ITEM.choice, from, children.length);
  }

  /** `max` negative: without end. */
  addRepeat(item: number, min: number, max: number): number {
    return max === 0 || item === 0 ? 0 : this.#add(ITEM.repeat, item, min, max);
  }

  addAlias(name: string): number {
    const item = this.#add(ITEM.alias);
    if (name !== "") this.names.set(item, name);
    return item;
  }

  /** Says what an alias stands for. */
  define(alias: number, item: number): void {
    this.first[alias] = item;
  }

  addToken(index: number): number {
    return this.#add(ITEM.token, index);
  }

  /** The children of a choice. */
  childrenOf(item: number): number[] {
    const from = this.first[item]!;
    return this.children.slice(from, from + this.second[item]!);
  }

  /** Turns an item into a choice of fewer or as many children as it has; without any it matches no text at all. */
  narrowTo(item: number, children: readonly number[]): void {
    if (this.kind[item] !== ITEM.choice) {
      this.kind[item] = ITEM.choice;
      this.first[item] = this.children.length;
      this.children.push(...children);
    } else for (const [i, child] of children.entries()) this.children[this.first[item]! + i] = child;
    this.second[item] = children.length;
  }

  #add(kind: ItemKind, first = 0, second = 0, third = 0): number {
    const item = this.#reserve(1);
    this.kind[item] = kind;
    this.first[item] = first;
    this.second[item] = second;
    this.third[item] = third;
    return item;
  }

  #reserve(count: number): number {
    const item = this.#size;
    this.#size += count;
    if (this.#size > GRAMMAR_LIMITS.nodes) throw limitError("nodes", GRAMMAR_LIMITS.nodes);
    if (this.#size > this.kind.length) this.#grow(Math.max(this.#size, 2 * this.kind.length));
    return item;
  }

  #grow(size: number): void {
    const kind = new Uint8Array(size);
    kind.set(this.kind);
    this.kind = kind;
    for (const field of ["first", "second", "third"] as const) {
      const grown = new Int32Array(size);
      grown.set(this[field]);
      this[field] = grown;
    }
  }
}
