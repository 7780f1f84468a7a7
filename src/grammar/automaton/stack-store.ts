import { GRAMMAR_LIMITS, limitError } from "../limits.ts";
import type { GrammarProgram } from "./compile-program.ts";
import { ITEM, type ItemKind } from "./item-table.ts";
import { SetPool } from "./set-pool.ts";

/** The node that stands for the end of the text; it is in a set where nothing more is needed. */
export const END_NODE = 0;

/** How often an item is repeated still; without end where `max` is negative. */
export interface Repetition {
  readonly item: number;
  readonly min: number;
  readonly max: number;
}

/**
 * What is still to be matched, as numbered nodes: an item, and the set of nodes of which one must follow it.
 * Sharing the sets keeps an ambiguous grammar from multiplying its stacks.
 * Repetitions that count down become items only when they are reached.
 */
export class StackStore {
  readonly program: GrammarProgram;
  readonly sets = new SetPool();
  /** What was done since {@link beginCall}: followed items and members of joined sets. */
  #work = 0;
  readonly #staticItems: number;
  #nodeItems = new Int32Array(256);
  #nodeRests = new Int32Array(256);
  #nodeCount = 1;
  #nodeTable = new Int32Array(512);
  readonly #repeats: Repetition[] = [];
  /** By item, then by both bounds. */
  readonly #repeatNumbers = new Map<number, Map<number, number>>();

  constructor(program: GrammarProgram) {
    this.program = program;
    this.#staticItems = program.items.size;
  }

  /** From here on, {@link spend} counts anew. */
  beginCall(): void {
    this.#work = 0;
  }

  /** Counts work. @throws ColloquyError `grammar-limit` when a call takes too much of it */
  spend(amount: number): void {
    this.#work += amount;
    if (this.#work > GRAMMAR_LIMITS.workPerCall)
      throw limitError("ways to read the same text", GRAMMAR_LIMITS.workPerCall);
  }

  /** How many items there are now. */
  get itemCount(): number {
    return this.#staticItems + this.#repeats.length;
  }

  /** How much memory is in use, in entries. */
  get size(): number {
    return this.#nodeCount + this.sets.memberCount + this.sets.count;
  }

  kind(item: number): ItemKind {
    return item < this.#staticItems ? this.program.items.kind[item]! : ITEM.repeat;
  }

  /** What a `repeat` item repeats, and how often still. */
  repetition(item: number): Repetition {
    const { items } = this.program;
    return item < this.#staticItems
      ? { item: items.first[item]!, min: items.second[item]!, max: items.third[item]! }
      : this.#repeats[item - this.#staticItems]!;
  }

  /** The item for a repetition; 0 where it is over. */
  repeat(item: number, min: number, max: number): number {
    if (max === 0) return 0;
    let numbers = this.#repeatNumbers.get(item);
    if (numbers === undefined) this.#repeatNumbers.set(item, (numbers = new Map()));
    // The bounds are small: exact in a double.
    const key = min * (GRAMMAR_LIMITS.repetition + 2) + max + 1;
    let number = numbers.get(key);
    if (number === undefined) {
      number = this.#staticItems + this.#repeats.length;
      this.#repeats.push({ item, min, max });
      numbers.set(key, number);
    }
    return number;
  }

  itemOf(node: number): number {
    return this.#nodeItems[node]!;
  }

  restOf(node: number): number {
    return this.#nodeRests[node]!;
  }

  /** The node for an item that one of the nodes of the set `rest` must follow. */
  node(item: number, rest: number): number {
    const mask = this.#nodeTable.length - 1;
    let slot = hashPair(item, rest) & mask;
    for (let node = this.#nodeTable[slot]!; node !== 0; node = this.#nodeTable[slot]!) {
      if (this.#nodeItems[node] === item && this.#nodeRests[node] === rest) return node;
      slot = (slot + 1) & mask;
    }
    if (this.size > GRAMMAR_LIMITS.unfinished)
      throw limitError("unfinished rules", GRAMMAR_LIMITS.unfinished);
    const node = this.#nodeCount++;
    if (node >= this.#nodeItems.length) {
      this.#nodeItems = doubled(this.#nodeItems);
      this.#nodeRests = doubled(this.#nodeRests);
    }
    this.#nodeItems[node] = item;
    this.#nodeRests[node] = rest;
    this.#nodeTable[slot] = node;
    if (this.#nodeCount * 2 > this.#nodeTable.length) this.#rehash();
    return node;
  }

  /**
   * The set of what is in either set, without repetitions that another one of the set includes:
   * where it is not certain how often something was repeated, the counts would pile up.
   */
  union(left: number, right: number): number {
    const { sets } = this;
    this.spend(sets.end(left) - sets.start(left) + (sets.end(right) - sets.start(right)));
    const union = this.sets.union(left, right);
    if (union === left || union === right) return union;
    const widest = new Map<string, number>();
    const nodes: number[] = [];
    let repeats = 0;
    for (let i = this.sets.start(union); i < this.sets.end(union); i++) nodes.push(this.sets.member(i));
    for (const node of nodes) {
      if (this.kind(this.itemOf(node)) !== ITEM.repeat) continue;
      repeats++;
      const key = this.#repetitionKey(node);
      const known = widest.get(key);
      if (known === undefined || this.#includes(node, known)) widest.set(key, node);
    }
    if (repeats === widest.size) return union;
    return this.sets.intern(
      Int32Array.from(nodes).filter((node) => {
        if (this.kind(this.itemOf(node)) !== ITEM.repeat) return true;
        const wider = widest.get(this.#repetitionKey(node))!;
        return wider === node || !this.#includes(wider, node);
      }),
    );
  }

  #repetitionKey(node: number): string {
    return `${this.repetition(this.itemOf(node)).item},${this.restOf(node)}`;
  }

  /** Whether everything that the inner node matches is matched by the outer one; their keys are the same. */
  #includes(outerNode: number, innerNode: number): boolean {
    const outer = this.repetition(this.itemOf(outerNode));
    const inner = this.repetition(this.itemOf(innerNode));
    return outer.min <= inner.min && (outer.max < 0 || (inner.max >= 0 && outer.max >= inner.max));
  }

  /** The same set of nodes as `set` of another store over the same program. */
  import(from: StackStore, set: number): number {
    const reachable = new Set<number>([set]);
    for (const next of reachable)
      for (let i = from.sets.start(next); i < from.sets.end(next); i++) {
        const node = from.sets.member(i);
        if (node !== END_NODE) reachable.add(from.restOf(node));
      }
    // A set is numbered after the sets that its nodes refer to: ascending order never looks ahead.
    const mapped = new Map<number, number>();
    for (const next of [...reachable].sort((a, b) => a - b)) {
      const nodes: number[] = [];
      for (let i = from.sets.start(next); i < from.sets.end(next); i++) {
        const node = from.sets.member(i);
        if (node === END_NODE) nodes.push(END_NODE);
        else nodes.push(this.node(this.#importItem(from, from.itemOf(node)), mapped.get(from.restOf(node))!));
      }
      mapped.set(next, this.sets.intern(Int32Array.from(nodes).sort()));
    }
    return mapped.get(set)!;
  }

  #importItem(from: StackStore, item: number): number {
    if (item < this.#staticItems) return item;
    const { item: repeated, min, max } = from.repetition(item);
    return this.repeat(repeated, min, max);
  }

  #rehash(): void {
    const table = new Int32Array(this.#nodeTable.length * 2);
    const mask = table.length - 1;
    for (let node = 1; node < this.#nodeCount; node++) {
      let slot = hashPair(this.#nodeItems[node]!, this.#nodeRests[node]!) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = node;
    }
    this.#nodeTable = table;
  }
}

/** A copy with twice the room. */
export function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(array.length * 2);
  grown.set(array);
  return grown;
}

function hashPair(a: number, b: number): number {
  const mixed = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
