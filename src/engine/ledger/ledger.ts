import { assert } from "../../base/errors.ts";

/**
 * What the cells of one sequence hold, by position: position `i` holds `at(i)`.
 * Ids of 0 or more are tokens. A negative id stands for media; the cells of one image or sound carry the same negative
 * id, follow each other, and are only of use together.
 */
export class Ledger {
  #cells = new Int32Array(256);
  #length = 0;
  #exactLength = 0;

  get length(): number {
    return this.#length;
  }

  /**
   * How many leading cells are what a fresh context would have computed for the same tokens.
   * Cells behind were moved, or computed behind moved cells.
   */
  get exactLength(): number {
    return this.#exactLength;
  }

  /** The cells in order: a view, valid until the next change. */
  get cells(): Int32Array {
    return this.#cells.subarray(0, this.#length);
  }

  at(position: number): number {
    assert(position >= 0 && position < this.#length, "a ledger was read behind its end");
    return this.#cells[position]!;
  }

  /** One token was evaluated behind the last one. */
  push(id: number): void {
    this.#reserve(this.#length + 1);
    if (this.#exactLength === this.#length) this.#exactLength++;
    this.#cells[this.#length++] = id;
  }

  /** The tokens `source[start, end)` were evaluated behind the last one. */
  append(source: ArrayLike<number>, start = 0, end = source.length): void {
    const exact = this.#exactLength === this.#length;
    this.#write(source, start, end);
    if (exact) this.#exactLength = this.#length;
  }

  /** Cells were moved to behind the last one: they and all that follows are not exact. */
  appendMoved(source: ArrayLike<number>, start: number, end: number): void {
    this.#write(source, start, end);
  }

  /** Forgets every cell from `length` on. */
  truncate(length: number): void {
    assert(length >= 0 && length <= this.#length, "a ledger was truncated behind its end");
    this.#length = length;
    this.#exactLength = Math.min(this.#exactLength, length);
  }

  clear(): void {
    this.truncate(0);
  }

  /**
   * Holds the first `length` ids of `source`, of which `exactLength` are exact: after the operations of an edit plan
   * (`become(target, plan.prefixLength, plan.exactLength)`), or after another sequence shared its cells.
   */
  become(source: ArrayLike<number>, length: number, exactLength: number): void {
    assert(exactLength <= length && length <= source.length, "a ledger became more than there is");
    this.#length = 0;
    this.#write(source, 0, length);
    this.#exactLength = exactLength;
  }

  toArray(): number[] {
    return Array.from(this.cells);
  }

  #write(source: ArrayLike<number>, start: number, end: number): void {
    this.#reserve(this.#length + end - start);
    for (let i = start; i < end; i++) this.#cells[this.#length++] = source[i]!;
  }

  #reserve(size: number): void {
    if (size <= this.#cells.length) return;
    const grown = new Int32Array(Math.max(size, this.#cells.length * 2));
    grown.set(this.#cells);
    this.#cells = grown;
  }
}
