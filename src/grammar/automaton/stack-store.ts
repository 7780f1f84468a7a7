import { GRAMMAR_LIMITS, limitError } from "../limits.ts";
import type { GrammarProgram } from "./compile-program.ts";
import { DynamicItems } from "./dynamic-items.ts";
import { ITEM, type ItemKind } from "./item-table.ts";
import { doubled, SetPool } from "./set-pool.ts";

/** The node that stands for the end of the text; it is in a set where nothing more is needed. */
export const END_NODE = 0;

const NONE: readonly number[] = [];
/** More than there ever are. */
const SETS_MAX = 2 ** 28;

/**
 * What is still to be matched, as numbered nodes: an item, and the set of nodes of which one must follow it.
 * Sharing the sets keeps an ambiguous grammar from multiplying its stacks.
 * Repetitions that count down become items only when they are reached.
 */
export class StackStore {
  readonly program: GrammarProgram;
  readonly sets = new SetPool();
  /** What the call at work may still take. */
  #credit: number = GRAMMAR_LIMITS.workPerCall;
  readonly #staticItems: number;
  #nodeItems = new Int32Array(256);
  #nodeRests = new Int32Array(256);
  #nodeCount = 1;
  #nodeTable = new Int32Array(512);
  readonly #dynamic = new DynamicItems();

  constructor(program: GrammarProgram) {
    this.program = program;
    this.#staticItems = program.items.size;
  }

  /** A call begins: it may take what calls before it left, and a little more. */
  beginCall(): void {
    const { workPerCall, workRefill } = GRAMMAR_LIMITS;
    this.#credit = Math.min(workPerCall, Math.max(0, this.#credit) + workRefill);
  }

  /** Goes on where another store stops: to begin afresh is no way to more work. */
  shareCredit(from: StackStore): void {
    this.#credit = Math.min(this.#credit, from.#credit);
  }

  /** Counts work. @throws ColloquyError `grammar-limit` when a call, or calls on the whole, take too much of it */
  spend(amount: number): void {
    this.#credit -= amount;
    if (this.#credit < 0) throw limitError("ways to read the same text", GRAMMAR_LIMITS.workPerCall);
  }

  /** How many items there are now. */
  get itemCount(): number {
    return this.#staticItems + this.#dynamic.count;
  }

  /** How much memory is in use, in entries. */
  get size(): number {
    return this.#nodeCount + this.sets.memberCount + this.sets.count + this.#dynamic.count;
  }

  kind(item: number): ItemKind {
    return item < this.#staticItems
      ? (this.program.items.kind[item] as ItemKind)
      : this.#dynamic.kind(item - this.#staticItems);
  }

  /** What a `repeat` item repeats; of `words`, the first one. */
  first(item: number): number {
    return item < this.#staticItems
      ? this.program.items.first[item]!
      : this.#dynamic.first(item - this.#staticItems);
  }

  /** How often a `repeat` item must still be repeated at least; of `words`, the one after the last. */
  second(item: number): number {
    return item < this.#staticItems
      ? this.program.items.second[item]!
      : this.#dynamic.second(item - this.#staticItems);
  }

  /** How often a `repeat` item may still be repeated, negative where that has no end; of `words`, the bytes read. */
  third(item: number): number {
    return item < this.#staticItems
      ? this.program.items.third[item]!
      : this.#dynamic.third(item - this.#staticItems);
  }

  /** The item for a repetition; 0 where it is over. */
  repeat(item: number, min: number, max: number): number {
    return max === 0 ? 0 : this.#staticItems + this.#dynamic.intern(ITEM.repeat, item, min, max);
  }

  /** The item for what is left of some words after so many bytes, which all of them have more of. */
  words(from: number, to: number, read: number): number {
    return this.#staticItems + this.#dynamic.intern(ITEM.words, from, to, read);
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
    const repeats = this.#repeatsOf(union);
    if (repeats.length < 2) return union;
    const widest = new Map<number, number>();
    for (const node of repeats) {
      const key = this.#repetitionKey(node);
      const known = widest.get(key);
      if (known === undefined || this.#includes(node, known)) widest.set(key, node);
    }
    if (repeats.length === widest.size) return union;
    const included = new Set<number>();
    for (const node of repeats) {
      const wider = widest.get(this.#repetitionKey(node))!;
      if (wider !== node && this.#includes(wider, node)) included.add(node);
    }
    if (included.size === 0) return union;
    const kept = new Int32Array(sets.end(union) - sets.start(union) - included.size);
    let count = 0;
    for (let i = sets.start(union); i < sets.end(union); i++)
      if (!included.has(sets.member(i))) kept[count++] = sets.member(i);
    return sets.intern(kept);
  }

  #repeatsOf(set: number): readonly number[] {
    const { sets } = this;
    let found: number[] | undefined;
    for (let i = sets.start(set); i < sets.end(set); i++) {
      const node = sets.member(i);
      if (this.kind(this.#nodeItems[node]!) !== ITEM.repeat) continue;
      if (found === undefined) found = [node];
      else found.push(node);
    }
    return found ?? NONE;
  }

  /** What is repeated and what follows: exact in a double. */
  #repetitionKey(node: number): number {
    return this.first(this.#nodeItems[node]!) * SETS_MAX + this.#nodeRests[node]!;
  }

  /** Whether everything that the inner node matches is matched by the outer one; their keys are the same. */
  #includes(outerNode: number, innerNode: number): boolean {
    const outer = this.#nodeItems[outerNode]!;
    const inner = this.#nodeItems[innerNode]!;
    const outerMax = this.third(outer);
    const innerMax = this.third(inner);
    return (
      this.second(outer) <= this.second(inner) && (outerMax < 0 || (innerMax >= 0 && outerMax >= innerMax))
    );
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
    const [first, second, third] = [from.first(item), from.second(item), from.third(item)];
    return from.kind(item) === ITEM.words
      ? this.words(first, second, third)
      : this.repeat(first, second, third);
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

function hashPair(a: number, b: number): number {
  const mixed = Math.imul(a, 0x9e3779b1) ^ Math.imul(b, 0x85ebca6b);
  return mixed ^ (mixed >>> 15);
}
