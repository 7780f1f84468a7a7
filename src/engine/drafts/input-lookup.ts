/** Tokens that must have occurred before, in this order, for what followed them to be proposed. */
const patternLength = 3;

/**
 * Proposes how a text goes on by looking for what it says now further up: replies that quote, edit or list repeat
 * their input. (Prompt lookup decoding: n-gram drafts without a draft model.) A step costs one map entry.
 */
export class InputLookup {
  readonly #tokens: number[] = [];
  /** Where each pattern ended last, by a hash of its tokens; a hit is compared before it is used. */
  readonly #ends = new Map<number, number>();

  get length(): number {
    return this.#tokens.length;
  }

  push(token: number): void {
    // The pattern that ends here is entered when something follows it.
    if (this.#tokens.length >= patternLength)
      this.#ends.set(this.#hash(this.#tokens.length), this.#tokens.length);
    this.#tokens.push(token);
  }

  /** At most `lengthMax` tokens that followed the last occurrence of the text's end; empty when it is new. */
  draft(lengthMax: number): number[] {
    const { length } = this.#tokens;
    if (length < patternLength || lengthMax < 1) return [];
    const end = this.#ends.get(this.#hash(length));
    if (end === undefined) return [];
    for (let back = 1; back <= patternLength; back++)
      if (this.#tokens[end - back] !== this.#tokens[length - back]) return [];
    return this.#tokens.slice(end, Math.min(end + lengthMax, length));
  }

  /** Of the tokens that end before `end`. */
  #hash(end: number): number {
    let hash = 0;
    for (let index = end - patternLength; index < end; index++)
      hash = Math.imul(hash ^ this.#tokens[index]!, 0x9e3779b1) ^ (hash >>> 15);
    return hash;
  }
}
