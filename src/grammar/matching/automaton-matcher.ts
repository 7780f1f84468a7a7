import { ColloquyError } from "../../base/errors.ts";
import { DEAD } from "../automaton/automaton.ts";
import { definitionAfter } from "../gbnf/definition-after.ts";
import type { GrammarDefinition } from "../ir.ts";
import type { GrammarMatcher, TokenMask } from "../matcher.ts";
import type { TokenTrie } from "../trie/token-trie.ts";
import { MaskBuffer } from "./mask-buffer.ts";
import type { MaskSource } from "./mask-source.ts";

/** Where a matcher gets its automaton from: the compiled grammar. */
export interface MaskSources {
  readonly definition: GrammarDefinition;
  /** The masks of the current automaton, which is a fresh one where `full` is the current one. */
  sourceFor(trie: TokenTrie, full?: MaskSource): MaskSource;
}

/** The tokens of a walk, the last one first: clones share what they have in common. */
interface WalkedToken {
  readonly token: number;
  readonly before: WalkedToken | undefined;
}

/** A walk through a grammar's automaton. */
export class AutomatonMatcher implements GrammarMatcher {
  readonly #sources: MaskSources;
  readonly #buffer: MaskBuffer;
  #source: MaskSource;
  #state: number;
  #ended = false;
  #walked: WalkedToken | undefined;
  /** The walk began inside of the grammar, where {@link WalkedToken}s do not tell how it got there. */
  #isPartial = false;

  constructor(sources: MaskSources, trie: TokenTrie) {
    this.#sources = sources;
    this.#source = sources.sourceFor(trie);
    this.#state = this.#source.automaton.start;
    this.#buffer = new MaskBuffer(trie.wordCount);
  }

  /**
   * A walk that begins after these bytes, or `undefined` when no match begins with them.
   *
   * @param isNewCall whether that may cost as much as a call; `false` where a caller asks for many
   */
  static after(
    sources: MaskSources,
    trie: TokenTrie,
    bytes: Uint8Array,
    isNewCall = true,
  ): AutomatonMatcher | undefined {
    const matcher = new AutomatonMatcher(sources, trie);
    const { automaton } = matcher.#source;
    if (isNewCall) automaton.beginCall();
    for (const byte of bytes) matcher.#state = automaton.step(matcher.#state, byte);
    matcher.#isPartial = bytes.length > 0;
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
    if (this.#ended) return this.#buffer.showIds(this.#source.trie.endTokens);
    return this.#buffer.show(this.#source.mask(this.#state));
  }

  allows(token: number): boolean {
    const { trie } = this.#source;
    if (!Number.isSafeInteger(token) || token < 0 || token >= trie.vocabulary.size) return false;
    if (trie.isEnd(token) && this.canEnd) return true;
    if (this.#ended) return false;
    this.#source.automaton.beginCall();
    return this.#source.step(this.#state, token) !== DEAD;
  }

  accept(token: number): void {
    this.#renew();
    if (!this.allows(token))
      throw new ColloquyError("grammar-mismatch", `The grammar does not allow token ${token} here`);
    const next = this.#ended ? DEAD : this.#source.step(this.#state, token);
    if (next === DEAD) this.#ended = true;
    else this.#state = next;
    this.#walked = { token, before: this.#walked };
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
    copy.#walked = this.#walked;
    copy.#isPartial = this.#isPartial;
    return copy;
  }

  rest(): GrammarDefinition | undefined {
    if (this.#ended || this.#isPartial) return undefined;
    const { vocabulary } = this.#source.trie;
    const accepted = [];
    for (let step = this.#walked; step !== undefined; step = step.before)
      accepted.push({ token: step.token, bytes: vocabulary.tokenBytes(step.token) });
    return definitionAfter(this.#sources.definition, accepted.reverse());
  }

  /** Leaves an automaton that has grown too large for a fresh one, at the same place. */
  #renew(): void {
    const full = this.#source;
    full.automaton.beginCall();
    if (!full.automaton.isFull) return;
    this.#source = this.#sources.sourceFor(full.trie, full);
    if (this.#source !== full) this.#state = this.#source.automaton.import(full.automaton, this.#state);
  }
}
