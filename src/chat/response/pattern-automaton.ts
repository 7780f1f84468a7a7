interface State<Tag> {
  readonly next: Map<number, State<Tag>>;
  readonly depth: number;
  /** The state of the longest proper suffix that is also a prefix of some pattern. */
  fail: State<Tag> | undefined;
  /** Patterns that end here, the longest first. */
  ends: PatternMatch<Tag>[];
}

export interface PatternMatch<Tag> {
  readonly tag: Tag;
  /** Symbols. */
  readonly length: number;
}

/**
 * Finds many patterns in one pass over a stream of symbols (Aho and Corasick, 1975).
 * `held` is the length of the longest end of the stream that may still become a match.
 */
export class PatternAutomaton<Tag> {
  readonly #root: State<Tag> = { next: new Map(), depth: 0, fail: undefined, ends: [] };
  #state = this.#root;

  constructor(patterns: Iterable<{ symbols: readonly number[]; tag: Tag }>) {
    for (const { symbols, tag } of patterns) this.#insert(symbols, tag);
    this.#link();
  }

  get held(): number {
    return this.#state.depth;
  }

  /** Steps over one symbol and returns the patterns that end with it, the longest first. */
  step(symbol: number): readonly PatternMatch<Tag>[] {
    this.#state = this.#follow(this.#state, symbol);
    return this.#state.ends;
  }

  /** Forgets what was read. */
  reset(): void {
    this.#state = this.#root;
  }

  #follow(from: State<Tag>, symbol: number): State<Tag> {
    let state: State<Tag> | undefined = from;
    while (state !== undefined) {
      const next = state.next.get(symbol);
      if (next !== undefined) return next;
      state = state.fail;
    }
    return this.#root;
  }

  #insert(symbols: readonly number[], tag: Tag): void {
    let state = this.#root;
    for (const symbol of symbols) {
      let next = state.next.get(symbol);
      if (next === undefined) {
        next = { next: new Map(), depth: state.depth + 1, fail: undefined, ends: [] };
        state.next.set(symbol, next);
      }
      state = next;
    }
    if (symbols.length > 0) state.ends.push({ tag, length: symbols.length });
  }

  #link(): void {
    const queue = [this.#root];
    for (const state of queue) {
      for (const [symbol, next] of state.next) {
        next.fail = state.fail === undefined ? this.#root : this.#follow(state.fail, symbol);
        next.ends = [...next.ends, ...next.fail.ends];
        queue.push(next);
      }
    }
  }
}
