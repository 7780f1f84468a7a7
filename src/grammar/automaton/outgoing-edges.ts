import { doubled } from "./set-pool.ts";

/** Entries of remembered unions; beyond that, finding a state again is no slower. */
const UNIONS_MAX = 1024;

/**
 * What the state at work may go on with: ranges of byte classes, the item after each and what follows that.
 * One object serves all states, one after another, so that no transition costs an allocation.
 */
export class OutgoingEdges {
  #count = 0;
  #first = new Int32Array(16);
  #last = new Int32Array(16);
  #target = new Int32Array(16);
  #rest = new Int32Array(16);
  /** 1 at every class where an edge begins or has just ended. */
  readonly #boundaries: Uint8Array;
  #covering = new Int32Array(16);
  #coveringCount = 0;
  /** The states of single edges found so far, by target and rest; few differ. */
  #known = new Int32Array(3 * 16);
  #knownCount = 0;
  /** The same of several edges, one after another: how many they are, the state, and the target and rest of each. */
  #knownUnions = new Int32Array(64);
  #knownUnionsEnd = 0;

  constructor(classCount: number) {
    this.#boundaries = new Uint8Array(classCount + 1);
  }

  get count(): number {
    return this.#count;
  }

  clear(): void {
    this.#count = 0;
    this.#knownCount = 0;
    this.#knownUnionsEnd = 0;
    this.#boundaries.fill(0);
  }

  /** Target 0: nothing more of the item. */
  add(first: number, last: number, target: number, rest: number): void {
    const index = this.#count++;
    if (index >= this.#first.length) {
      this.#first = doubled(this.#first);
      this.#last = doubled(this.#last);
      this.#target = doubled(this.#target);
      this.#rest = doubled(this.#rest);
      this.#covering = doubled(this.#covering);
    }
    this.#first[index] = first;
    this.#last[index] = last;
    this.#target[index] = target;
    this.#rest[index] = rest;
    this.#boundaries[first] = 1;
    this.#boundaries[last + 1] = 1;
  }

  /** Whether other edges may hold for a class than for the one before it. */
  changesAt(byteClass: number): boolean {
    return this.#boundaries[byteClass] === 1;
  }

  /** Selects the edges of a class; returns how many there are. */
  covering(byteClass: number): number {
    this.#coveringCount = 0;
    for (let i = 0; i < this.#count; i++)
      if (this.#first[i]! <= byteClass && this.#last[i]! >= byteClass)
        this.#covering[this.#coveringCount++] = i;
    return this.#coveringCount;
  }

  /** The target of a selected edge. */
  targetOf(index: number): number {
    return this.#target[this.#covering[index]!]!;
  }

  /** What follows the target of a selected edge. */
  restOf(index: number): number {
    return this.#rest[this.#covering[index]!]!;
  }

  /** The state that was {@link remember}ed for edges like the selected ones, or -1. */
  knownState(): number {
    if (this.#coveringCount > 1) return this.#knownUnion();
    const target = this.targetOf(0);
    const rest = this.restOf(0);
    for (let i = 0; i < this.#knownCount; i++)
      if (this.#known[3 * i] === target && this.#known[3 * i + 1] === rest) return this.#known[3 * i + 2]!;
    return -1;
  }

  remember(state: number): void {
    if (this.#coveringCount > 1) {
      this.#rememberUnion(state);
      return;
    }
    // Beyond that, looking for one takes longer than finding its state again.
    if (3 * this.#knownCount >= this.#known.length) return;
    this.#known[3 * this.#knownCount] = this.targetOf(0);
    this.#known[3 * this.#knownCount + 1] = this.restOf(0);
    this.#known[3 * this.#knownCount++ + 2] = state;
  }

  #knownUnion(): number {
    const known = this.#knownUnions;
    const count = this.#coveringCount;
    for (let at = 0; at < this.#knownUnionsEnd; at += 2 + 2 * known[at]!) {
      if (known[at] !== count) continue;
      let i = 0;
      while (
        i < count &&
        known[at + 2 + 2 * i] === this.targetOf(i) &&
        known[at + 3 + 2 * i] === this.restOf(i)
      )
        i++;
      if (i === count) return known[at + 1]!;
    }
    return -1;
  }

  #rememberUnion(state: number): void {
    const count = this.#coveringCount;
    const end = this.#knownUnionsEnd + 2 + 2 * count;
    if (end > UNIONS_MAX) return;
    while (end > this.#knownUnions.length) this.#knownUnions = doubled(this.#knownUnions);
    const known = this.#knownUnions;
    let at = this.#knownUnionsEnd;
    known[at++] = count;
    known[at++] = state;
    for (let i = 0; i < count; i++) {
      known[at++] = this.targetOf(i);
      known[at++] = this.restOf(i);
    }
    this.#knownUnionsEnd = end;
  }
}
