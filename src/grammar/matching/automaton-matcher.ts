import { ColloquyError } from "../../base/errors.ts";
import { DEAD } from "../automaton/automaton.ts";
import type { GrammarMatcher, TokenMask } from "../matcher.ts";
import type { TokenTrie } from "../trie/token-trie.ts";
import { MaskBuffer } from "./mask-buffer.ts";
import type { MaskSource } from "./mask-source.ts";

/** Where a matcher gets its automaton from: the compiled grammar. */
export interface MaskSources {
  /** The masks of the current automaton, which is a fresh one where `full` is the current one. */
  sourceFor(trie: TokenTrie, full?: MaskSource): MaskSource;
}

/** A walk through a grammar's automaton. */
export class AutomatonMatcher implements GrammarMatcher {
  readonly #sources: MaskSources;
  readonly #buffer: MaskBuffer;
  #source: MaskSource;
  #state: number;
  #ended = false;

  constructor(sources: MaskSources, trie: TokenTrie) {
    this.#sources = sources;
    this.#source = sources.sourceFor(trie);
    this.#state = this.#source.automaton.start;
    this.#buffer = new MaskBuffer(trie.wordCount);
  }

  /** A walk that begins after these bytes, or `undefined` when no match begins with them. */
  static after(sources: MaskSources, trie: TokenTrie, bytes: Uint8Array): AutomatonMatcher | undefined {
    const matcher = new AutomatonMatcher(sources, trie);
    for (const byte of bytes) matcher.#state = matcher.#source.automaton.step(matcher.#state, byte);
    return matcher.#state === DEAD ? undefined : matcher;
  }

  get canEnd(): boolean {
    return this.#ended || this.#source.automaton.canEnd(this.#state);
  }

  get mustEnd(): boolean {
    return this.#ended || this.#source.automaton.mustEnd(this.#state);
  }

  mask(): TokenMask {
    this.#renew();
    if (this.#ended) return this.#buffer.showIds(this.#source.trie.vocabulary.endTokens);
    return this.#buffer.show(this.#source.mask(this.#state));
  }

  allows(token: number): boolean {
    const { trie } = this.#source;
    if (!Number.isSafeInteger(token) || token < 0 || token >= trie.vocabulary.size) return false;
    if (trie.isEnd(token) && this.canEnd) return true;
    if (this.#ended) return false;
    return this.#source.step(this.#state, token) !== DEAD;
  }

  accept(token: number): void {
    this.#renew();
    if (!this.allows(token))
      throw new ColloquyError("grammar-mismatch", `The grammar does not allow token ${token} here`);
    const next = this.#ended ? DEAD : this.#source.step(this.#state, token);
    if (next === DEAD) this.#ended = true;
    else this.#state = next;
  }

  forced(): readonly number[] {
    this.#renew();
    return this.#ended ? [] : this.#source.forced(this.#state);
  }

  clone(): GrammarMatcher {
    const copy = new AutomatonMatcher(this.#sources, this.#source.trie);
    copy.#source = this.#source;
    copy.#state = this.#state;
    copy.#ended = this.#ended;
    return copy;
  }

  /** Leaves an automaton that has grown too large for a fresh one, at the same place. */
  #renew(): void {
    const full = this.#source;
    if (!full.automaton.isFull) return;
    this.#source = this.#sources.sourceFor(full.trie, full);
    if (this.#source !== full) this.#state = this.#source.automaton.import(full.automaton, this.#state);
  }
}
