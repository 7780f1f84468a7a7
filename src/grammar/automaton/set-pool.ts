/** A copy with twice the room. */
export function doubled(array: Int32Array<ArrayBuffer>): Int32Array<ArrayBuffer> {
  const grown = new Int32Array(array.length * 2);
  grown.set(array);
  return grown;
}

/**
 * Sets of numbers, each stored once and numbered. Set 0 is the empty one.
 * Members are kept in ascending order.
 */
export class SetPool {
  #members = new Int32Array(1024);
  #memberCount = 0;
  #starts = new Int32Array(256);
  #count = 1;
  readonly #single = new Int32Array(1);
  #merged = new Int32Array(64);
  #table = new Int32Array(512);

  get count(): number {
    return this.#count;
  }

  /** How much is stored. */
  get memberCount(): number {
    return this.#memberCount;
  }

  start(set: number): number {
    return this.#starts[set]!;
  }

  end(set: number): number {
    return this.#starts[set + 1]!;
  }

  /** The member at a position between {@link start} and {@link end}. */
  member(position: number): number {
    return this.#members[position]!;
  }

  /** The number of the set with these members, which must be ascending and different. */
  intern(members: Int32Array, length = members.length): number {
    if (length === 0) return 0;
    let hash = length;
    for (let i = 0; i < length; i++) hash = Math.imul(hash ^ members[i]!, 0x9e3779b1) ^ (hash >>> 15);
    const mask = this.#table.length - 1;
    let slot = (hash ^ (hash >>> 13)) & mask;
    for (let set = this.#table[slot]!; set !== 0; set = this.#table[slot]!) {
      if (this.#equals(set, members, length)) return set;
      slot = (slot + 1) & mask;
    }
    const set = this.#append(members, length);
    this.#table[slot] = set;
    if (this.#count * 2 > this.#table.length) this.#rehash();
    return set;
  }

  /** The number of the set with this one member. */
  internOne(member: number): number {
    this.#single[0] = member;
    return this.intern(this.#single);
  }

  /** The set of what is in either set. */
  union(left: number, right: number): number {
    if (left === right || right === 0) return left;
    if (left === 0) return right;
    let i = this.start(left);
    let j = this.start(right);
    const iEnd = this.end(left);
    const jEnd = this.end(right);
    const most = iEnd - i + (jEnd - j);
    if (most > this.#merged.length) this.#merged = new Int32Array(2 * most);
    const merged = this.#merged;
    let count = 0;
    while (i < iEnd || j < jEnd) {
      const a = i < iEnd ? this.#members[i]! : Number.POSITIVE_INFINITY;
      const b = j < jEnd ? this.#members[j]! : Number.POSITIVE_INFINITY;
      merged[count++] = Math.min(a, b);
      if (a <= b) i++;
      if (b <= a) j++;
    }
    return this.intern(merged, count);
  }

  #equals(set: number, members: Int32Array, length: number): boolean {
    const start = this.#starts[set]!;
    if (this.#starts[set + 1]! - start !== length) return false;
    for (let i = 0; i < length; i++) if (this.#members[start + i] !== members[i]) return false;
    return true;
  }

  #append(members: Int32Array, length: number): number {
    if (this.#memberCount + length > this.#members.length) {
      const grown = new Int32Array(Math.max(this.#members.length * 2, this.#memberCount + length));
      grown.set(this.#members);
      this.#members = grown;
    }
    if (this.#count + 2 > this.#starts.length) {
      const grown = new Int32Array(this.#starts.length * 2);
      grown.set(this.#starts);
      this.#starts = grown;
    }
    const set = this.#count++;
    for (let i = 0; i < length; i++) this.#members[this.#memberCount + i] = members[i]!;
    this.#starts[set] = this.#memberCount;
    this.#memberCount += length;
    this.#starts[set + 1] = this.#memberCount;
    return set;
  }

  #rehash(): void {
    const table = new Int32Array(this.#table.length * 2);
    const mask = table.length - 1;
    for (let set = 1; set < this.#count; set++) {
      const [start, end] = [this.start(set), this.end(set)];
      let hash = end - start;
      for (let i = start; i < end; i++)
        hash = Math.imul(hash ^ this.#members[i]!, 0x9e3779b1) ^ (hash >>> 15);
      let slot = (hash ^ (hash >>> 13)) & mask;
      while (table[slot] !== 0) slot = (slot + 1) & mask;
      table[slot] = set;
    }
    this.#table = table;
  }
}
