import { ColloquyError } from "../../base/errors.ts";
import { FEW_TOKENS, type GrammarMatcher, type TokenMask } from "../../grammar/matcher.ts";

/** A walk of two grammars at once: what either of them allows is allowed, until only one is left. */
export class EitherMatcher implements GrammarMatcher {
  #first: GrammarMatcher | undefined;
  #second: GrammarMatcher | undefined;

  constructor(first: GrammarMatcher | undefined, second: GrammarMatcher | undefined) {
    this.#first = first;
    this.#second = second;
  }

  /** Whether the text so far still fits the second grammar. */
  get fitsSecond(): boolean {
    return this.#second !== undefined;
  }

  get canEnd(): boolean {
    return this.#alive.some(({ canEnd }) => canEnd);
  }

  get mustEnd(): boolean {
    return this.#alive.every(({ mustEnd }) => mustEnd);
  }

  mask(): TokenMask {
    const [one, other] = this.#alive.map((matcher) => matcher.mask());
    return other === undefined ? one! : unionOf(one!, other);
  }

  allows(token: number): boolean {
    return this.#alive.some((matcher) => matcher.allows(token));
  }

  accept(token: number): void {
    const [first, second] = [this.#first, this.#second].map((matcher) =>
      matcher?.allows(token) ? matcher : undefined,
    );
    if (first === undefined && second === undefined) {
      throw new ColloquyError("grammar-mismatch", `The grammar does not allow token ${token} here`);
    }
    first?.accept(token);
    second?.accept(token);
    this.#first = first;
    this.#second = second;
  }

  forced(): readonly number[] {
    const [one, other] = this.#alive;
    return other === undefined ? one!.forced() : [];
  }

  clone(): EitherMatcher {
    return new EitherMatcher(this.#first?.clone(), this.#second?.clone());
  }

  rest() {
    const [one, other] = this.#alive;
    return other === undefined ? one!.rest?.() : undefined;
  }

  get #alive(): GrammarMatcher[] {
    return [this.#first, this.#second].filter((matcher) => matcher !== undefined);
  }
}

function unionOf(one: TokenMask, other: TokenMask): TokenMask {
  const words = one.words.map((word, index) => word | other.words[index]!);
  const ids: number[] = [];
  let count = 0;
  for (const [index, word] of words.entries()) {
    for (let rest = word; rest !== 0; rest &= rest - 1) {
      if (count < FEW_TOKENS) ids.push(index * 32 + 31 - Math.clz32(rest & -rest));
      count++;
    }
  }
  return { words, count, ids: count <= FEW_TOKENS ? Int32Array.from(ids) : undefined };
}
