import { ITEM } from "./item-table.ts";
import { itemWeights } from "./item-weights.ts";
import { END_NODE, type StackStore } from "./stack-store.ts";

/**
 * Takes counts out of what is still to be matched where a short text cannot tell: a string of at most 200 characters
 * goes on with 10 characters in the same ways when 150 are left as when 60 are left.
 */
export class FarCounts {
  readonly #store: StackStore;
  readonly #characters: number;
  readonly #sets = new Map<number, number>([[0, 0]]);
  #weights: Uint8Array | undefined;

  /** @param characters the length up to which the next text is told apart */
  constructor(store: StackStore, characters: number) {
    this.#store = store;
    this.#characters = characters;
  }

  /**
   * What goes on as `set` does, for texts up to the length. Longer texts that `set` takes are taken as well, and
   * some that it does not take.
   */
  without(set: number): number {
    const known = this.#sets.get(set);
    if (known !== undefined) return known;
    const { sets } = this.#store;
    const reachable = new Set<number>([set]);
    for (const next of reachable)
      for (let i = sets.start(next); i < sets.end(next); i++) {
        const node = sets.member(i);
        if (node === END_NODE) continue;
        const rest = this.#store.restOf(node);
        if (!this.#sets.has(rest)) reachable.add(rest);
      }
    // A set is numbered after the sets that its nodes refer to.
    for (const next of [...reachable].sort((a, b) => a - b)) this.#sets.set(next, this.#translate(next));
    return this.#sets.get(set)!;
  }

  #translate(set: number): number {
    const { sets } = this.#store;
    this.#store.spend(1 + sets.end(set) - sets.start(set));
    const nodes = new Set<number>();
    let changed = false;
    for (let i = sets.start(set); i < sets.end(set); i++) {
      const node = sets.member(i);
      const translated = node === END_NODE ? node : this.#node(node);
      if (translated !== node) changed = true;
      nodes.add(translated);
    }
    return changed ? sets.intern(Int32Array.from(nodes).sort()) : set;
  }

  #node(node: number): number {
    const item = this.#store.itemOf(node);
    const rest = this.#store.restOf(node);
    const [newItem, newRest] = [this.#item(item), this.#sets.get(rest)!];
    return newItem === item && newRest === rest ? node : this.#store.node(newItem, newRest);
  }

  #item(item: number): number {
    if (this.#store.kind(item) !== ITEM.repeat) return item;
    const repeated = this.#store.first(item);
    const min = this.#store.second(item);
    const max = this.#store.third(item);
    if (min <= 1 && max < 0) return item;
    this.#weights ??= itemWeights(this.#store.program.items);
    const weight = this.#weights[repeated]!;
    if (weight === 0) return item;
    // So many repetitions, and the beginning of one more, are all that fits.
    const limit = Math.ceil(this.#characters / weight) + 1;
    if (min <= limit && (max < 0 || max < limit)) return item;
    return this.#store.repeat(repeated, Math.min(min, limit), max >= limit ? -1 : max);
  }
}
