/** The last tokens of a sequence, bounded: appending is amortised O(1) and allocates only while it grows. */
export class TokenHistory {
  readonly #max: number;
  #tokens: Int32Array;
  #end = 0;

  /** @param max how many tokens are remembered at least; at most twice as many are stored */
  constructor(max: number, tokens: ArrayLike<number> = []) {
    this.#max = max;
    this.#tokens = new Int32Array(Math.min(2 * max, 256));
    for (let i = Math.max(0, tokens.length - max); i < tokens.length; i++) this.push(tokens[i]!);
  }

  get length(): number {
    return Math.min(this.#end, this.#max);
  }

  /** The token `back` places before the last one. */
  fromEnd(back: number): number {
    return this.#tokens[this.#end - 1 - back]!;
  }

  push(token: number): void {
    if (this.#end === this.#tokens.length) this.#makeRoom();
    this.#tokens[this.#end++] = token;
  }

  clone(): TokenHistory {
    const copy = new TokenHistory(this.#max);
    copy.#tokens = this.#tokens.slice();
    copy.#end = this.#end;
    return copy;
  }

  #makeRoom(): void {
    if (this.#end >= 2 * this.#max) {
      this.#tokens.copyWithin(0, this.#end - this.#max, this.#end);
      this.#end = this.#max;
      return;
    }
    const grown = new Int32Array(Math.min(2 * this.#max, this.#tokens.length * 2));
    grown.set(this.#tokens);
    this.#tokens = grown;
  }
}
