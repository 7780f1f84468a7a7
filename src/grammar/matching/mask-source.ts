import { type Automaton, DEAD } from "../automaton/automaton.ts";
import { GRAMMAR_LIMITS } from "../limits.ts";
import { FEW_TOKENS } from "../matcher.ts";
import type { FlatTrie } from "../trie/flat-trie.ts";
import type { TokenSlice } from "../trie/token-slice.ts";
import type { TokenTrie } from "../trie/token-trie.ts";
import { forcedTokens } from "./forced-tokens.ts";
import { SliceChains } from "./slice-chain.ts";
import { StateLoops } from "./state-loops.ts";
import type { TokenReferences } from "./token-references.ts";
import { walkTrie } from "./walk-trie.ts";

const MAX_KEPT_LONG = 32;
/** What an entry costs beside its mask, in words. */
const ENTRY_WORDS = 32;
/** The mask of one state: a list where it is short, else bits. */
export type StateMask =
  | { readonly count: number; readonly ids: Int32Array; readonly words?: undefined }
  | { readonly count: number; readonly ids?: undefined; readonly words: Uint32Array };

/** The masks of an automaton's states for one vocabulary, made when asked for and kept while there is room. */
export class MaskSource {
  readonly automaton: Automaton;
  readonly trie: TokenTrie;
  readonly references: TokenReferences;
  readonly #masks = new Map<number, { readonly mask: StateMask; readonly size: number }>();
  #keptWords = 0;
  readonly #forced = new Map<number, readonly number[]>();
  #keptForced = 0;
  readonly #chains = new Map<TokenSlice, SliceChains>();
  readonly #loops: StateLoops;
  /** The last masks that {@link #withoutTooLong} gave. */
  readonly #lastLong = new Map<number, { near: StateMask; tokens: Int32Array; mask: StateMask }>();

  constructor(automaton: Automaton, trie: TokenTrie, references: TokenReferences) {
    this.automaton = automaton;
    this.trie = trie;
    this.references = references;
    this.#loops = new StateLoops(automaton);
  }

  mask(state: number): StateMask {
    const kept = this.#masks.get(state);
    if (kept !== undefined) {
      this.#masks.delete(state);
      this.#masks.set(state, kept);
      return kept.mask;
    }
    const near = this.automaton.tokens(state).length > 0 ? state : this.automaton.withoutFarCounts(state);
    if (near === state) return this.#keep(state, this.#compute(state));
    const common = this.mask(near);
    return this.#keep(state, this.#withoutTooLong(common, near, state), common);
  }

  /** The mask of a state, given that of the state without far counts, which can only be wrong about long tokens. */
  #withoutTooLong(near: StateMask, nearState: number, state: number): StateMask {
    const { longTokens, longWords, scratch } = this.trie;
    const count = this.#walk(longTokens, state);
    const found = scratch.subarray(0, count);
    // What follows the last state in a text usually differs from it in nothing.
    const last = this.#lastLong.get(nearState);
    if (last !== undefined && last.near === near && equalTokens(last.tokens, found)) return last.mask;
    const mask = withTokens(near, longWords, found);
    if (this.#lastLong.size >= MAX_KEPT_LONG) this.#lastLong.clear();
    this.#lastLong.set(nearState, { near, tokens: found.slice(), mask });
    return mask;
  }

  /** Tokens that must come next. */
  forced(state: number): readonly number[] {
    let tokens = this.#forced.get(state);
    if (tokens === undefined) {
      tokens = forcedTokens(this.automaton, this.trie, state);
      this.#keptForced += 1 + tokens.length;
      if (this.#keptForced > GRAMMAR_LIMITS.keptForcedTokens) {
        this.#forced.clear();
        this.#keptForced = 1 + tokens.length;
      }
      this.#forced.set(state, tokens);
    }
    return tokens;
  }

  /** The states after a token, or 0. */
  step(state: number, token: number): number {
    const { automaton } = this;
    const references = automaton.tokens(state);
    const byName =
      references.length === 0
        ? 0
        : automaton.stepToken(state, (reference) => this.references.matches(reference, token));
    const byBytes = this.#stepBytes(state, token);
    return byName === 0 ? byBytes : byBytes === 0 ? byName : automaton.union(byName, byBytes);
  }

  #stepBytes(state: number, token: number): number {
    const { data, starts } = this.trie.bytes;
    const [start, end] = [starts[token]!, starts[token + 1]!];
    if (start === end || this.trie.isEnd(token)) return 0;
    let at = state;
    for (let i = start; i < end && at !== 0; i++) at = this.automaton.step(at, data[i]!);
    return at;
  }

  /** Puts the tokens of a trie that may come into `scratch`; returns how many there are. */
  #walk(trie: FlatTrie, state: number): number {
    const all = { firstNode: 0, endNode: trie.nodeCount };
    return walkTrie(this.automaton, this.#loops, trie, all, state, this.trie.scratch, 0);
  }

  #compute(state: number): StateMask {
    const { trie, automaton } = this;
    const references = automaton.tokens(state);
    const ends = automaton.canEnd(state) ? trie.endTokens : [];
    const sliced = this.#startFromSlice(state);
    let count = 0;
    if (sliced !== undefined) count = sliced.count;
    else {
      count = this.#walk(trie.trie, state);
      if (references.length === 0 && count + ends.length <= FEW_TOKENS)
        return shortMask(trie.scratch.subarray(0, count), ends);
    }
    const words = sliced?.words.slice() ?? new Uint32Array(trie.wordCount);
    let total = sliced?.plainCount ?? 0;
    for (let i = 0; i < count; i++) total += setBit(words, trie.scratch[i]!);
    for (const end of ends) total += setBit(words, end);
    for (const reference of references) this.references.addTo(words, reference);
    return references.length === 0 && total > FEW_TOKENS ? { count: total, words } : fromWords(words);
  }

  /** Where a slice applies: the mask of its plain tokens, and how many others that it found are in `scratch`. */
  #startFromSlice(state: number): { words: Uint32Array; plainCount: number; count: number } | undefined {
    const chains = this.#bestSlice(state);
    if (chains === undefined) return undefined;
    const { trie, automaton } = this;
    const { length, states } = chains.chain(state);
    let count = 0;
    const { remainders, rests } = chains.slice;
    for (const remainder of remainders) {
      const { characters, byte } = remainder;
      if (characters > length) continue;
      const from = states[Math.min(characters, states.length - 1)]!;
      if (automaton.step(from, byte) === DEAD) continue;
      count = walkTrie(automaton, this.#loops, rests, remainder, from, trie.scratch, count);
    }
    const plain = chains.slice.plainMask(length);
    return { words: plain.words, plainCount: plain.count, count };
  }

  /** The slice that covers most tokens, of those that say all about the state. */
  #bestSlice(state: number): SliceChains | undefined {
    let best: SliceChains | undefined;
    for (const slice of this.trie.slices) {
      let chains = this.#chains.get(slice);
      if (chains === undefined) this.#chains.set(slice, (chains = new SliceChains(this.automaton, slice)));
      if (best !== undefined && slice.plainCount <= best.slice.plainCount) continue;
      if (chains.applies(state)) best = chains;
    }
    return best;
  }

  /** Keeps a mask; one that is that of another state as well costs nothing more. */
  #keep(state: number, mask: StateMask, common?: StateMask): StateMask {
    const size = ENTRY_WORDS + (mask === common ? 0 : (mask.ids ?? mask.words).length);
    this.#masks.set(state, { mask, size });
    this.#keptWords += size;
    for (const [oldest, entry] of this.#masks) {
      if (this.#keptWords <= GRAMMAR_LIMITS.keptMaskWords) break;
      this.#masks.delete(oldest);
      this.#keptWords -= entry.size;
    }
    return mask;
  }
}

/** Each token is in a trie once, and end tokens are in none. */
function shortMask(tokens: Int32Array, ends: readonly number[]): StateMask {
  const ids = new Int32Array(tokens.length + ends.length);
  ids.set(tokens);
  ids.set(ends, tokens.length);
  return { count: ids.length, ids: ids.sort() };
}

/** A mask with these tokens and no others of `region`; the mask itself where that is what it has. */
function withTokens(mask: StateMask, region: Uint32Array, tokens: Int32Array): StateMask {
  let known = 0;
  if (mask.ids !== undefined) for (const token of mask.ids) known += bitOf(region, token);
  else for (let i = 0; i < region.length; i++) known += bitCount(mask.words[i]! & region[i]!);
  // They can only be fewer.
  if (known === tokens.length) return mask;
  const words = mask.words?.slice() ?? new Uint32Array(region.length);
  if (mask.ids !== undefined) for (const token of mask.ids) setBit(words, token);
  for (let i = 0; i < region.length; i++) words[i]! &= ~region[i]!;
  for (const token of tokens) setBit(words, token);
  return fromWords(words);
}

function equalTokens(left: Int32Array, right: Int32Array): boolean {
  if (left.length !== right.length) return false;
  for (let i = 0; i < left.length; i++) if (left[i] !== right[i]) return false;
  return true;
}

function bitOf(words: Uint32Array, token: number): number {
  return (words[token >>> 5]! >>> (token & 31)) & 1;
}

/** The mask with these bits. */
export function fromWords(words: Uint32Array): StateMask {
  let count = 0;
  for (let i = 0; i < words.length; i++) count += bitCount(words[i]!);
  if (count > FEW_TOKENS) return { count, words };
  const ids = new Int32Array(count);
  let at = 0;
  for (let i = 0; i < words.length; i++)
    for (let rest = words[i]!; rest !== 0; rest &= rest - 1)
      ids[at++] = i * 32 + (31 - Math.clz32(rest & -rest));
  return { count, ids };
}

function bitCount(word: number): number {
  let bits = word - ((word >>> 1) & 0x55555555);
  bits = (bits & 0x33333333) + ((bits >>> 2) & 0x33333333);
  return Math.imul((bits + (bits >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

/** Returns 1 when the bit was not set before, else 0. */
function setBit(words: Uint32Array, token: number): number {
  const word = words[token >>> 5]!;
  words[token >>> 5] = word | (1 << (token & 31));
  return ((word >>> (token & 31)) & 1) ^ 1;
}
