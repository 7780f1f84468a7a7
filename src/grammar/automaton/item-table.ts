import { GRAMMAR_LIMITS, limitError } from "../limits.ts";

/** What an item of a compiled grammar does; see {@link ItemTable}. */
export const ITEM = {
  /** Matches nothing, always. */
  empty: 0,
  /** Consumes one byte and goes on with the target of the byte's range; target 0 is done. */
  bytes: 1,
  /** `first`, then `second`. */
  pair: 2,
  /** Any of the children. */
  choice: 3,
  /** `first`, `second` to `third` times; without end where `third` is negative. */
  repeat: 4,
  /** What `first` is: a rule, which may be used before it is filled in. */
  alias: 5,
  /** One token of the list at `first`. */
  token: 6,
} as const;
export type ItemKind = (typeof ITEM)[keyof typeof ITEM];

/** One of the transitions of a `bytes` item. */
export interface ByteEdge {
  readonly first: number;
  readonly last: number;
  /** The `bytes` item that follows, or 0 when this was the last byte. */
  readonly target: number;
}

/**
 * The items that a grammar is made of, numbered. Item 0 is the empty one.
 * Equal `bytes` and `pair` items share a number.
 */
export class ItemTable {
  readonly kind: ItemKind[] = [ITEM.empty];
  readonly first: number[] = [0];
  readonly second: number[] = [0];
  readonly third: number[] = [0];
  readonly children: (readonly number[])[] = [[]];
  readonly edges: (readonly ByteEdge[])[] = [[]];
  /** The rule of an alias, for messages. */
  readonly names = new Map<number, string>();
  readonly #interned = new Map<string, number>();
  /** Pairs, and items of one byte range, by numbers instead of texts. */
  readonly #pairs = new Map<number, number>();
  readonly #ranges = new Map<number, number>();

  get size(): number {
    return this.kind.length;
  }

  addBytes(edges: readonly ByteEdge[]): number {
    const [only] = edges;
    if (edges.length === 1 && only !== undefined) {
      const range = (only.target * 256 + only.first) * 256 + only.last;
      let item = this.#ranges.get(range);
      if (item === undefined) this.#ranges.set(range, (item = this.#add(ITEM.bytes, 0, 0, 0, [], edges)));
      return item;
    }
    const key = `${edges.map((edge) => `${edge.first},${edge.last},${edge.target}`).join(";")}`;
    return this.#intern(key, () => this.#add(ITEM.bytes, 0, 0, 0, [], edges));
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
    return children.length === 1 ? children[0]! : this.#add(ITEM.choice, 0, 0, 0, children);
  }

  /** `max` negative: without end. */
  addRepeat(item: number, min: number, max: number): number {
    return max === 0 || item === 0 ? 0 : this.#add(ITEM.repeat, item, min, max);
  }

  addAlias(name: string): number {
    const item = this.#add(ITEM.alias);
    this.names.set(item, name);
    return item;
  }

  addToken(index: number): number {
    return this.#add(ITEM.token, index);
  }

  /** Turns an item into one that matches no text at all. */
  makeNever(item: number): void {
    this.kind[item] = ITEM.choice;
    this.children[item] = [];
    this.edges[item] = [];
  }

  #intern(key: string, add: () => number): number {
    const known = this.#interned.get(key);
    if (known !== undefined) return known;
    const item = add();
    this.#interned.set(key, item);
    return item;
  }

  #add(
    kind: ItemKind,
    first = 0,
    second = 0,
    third = 0,
    children: readonly number[] = [],
    edges: readonly ByteEdge[] = [],
  ): number {
    if (this.size >= GRAMMAR_LIMITS.nodes) throw limitError("nodes", GRAMMAR_LIMITS.nodes);
    this.kind.push(kind);
    this.first.push(first);
    this.second.push(second);
    this.third.push(third);
    this.children.push(children);
    this.edges.push(edges);
    return this.size - 1;
  }
}
