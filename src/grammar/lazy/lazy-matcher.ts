import { ColloquyError, InvalidArgumentError } from "../../base/errors.ts";
import type { CompiledGrammar } from "../compiled-grammar.ts";
import type { GrammarMatcher, TokenMask } from "../matcher.ts";
import { MaskBuffer } from "../matching/mask-buffer.ts";
import { fromWords, type StateMask } from "../matching/mask-source.ts";
import { findNode } from "../trie/flat-trie.ts";
import type { TokenTrie } from "../trie/token-trie.ts";

/** What makes a grammar begin to apply. At least one trigger must be given. */
export interface LazyTriggers {
  /** Texts after which the grammar applies, wherever they occur first. None by default. */
  texts?: readonly string[];
  /** Tokens after which the grammar applies, for triggers that are control tokens. None by default. */
  tokens?: readonly number[];
}

/**
 * A walk in which everything is allowed until a trigger has been seen; what follows it must match the grammar.
 * A token that completes a trigger and goes on is allowed only where the grammar takes the rest of it.
 * `canEnd` is `true` before the trigger.
 *
 * @throws ColloquyError `invalid-argument` without a trigger, or with an empty one
 * @example
 * const matcher = lazyMatcher(grammar, trie, {texts: ["<tool_call>"]});
 */
export function lazyMatcher(
  grammar: CompiledGrammar,
  trie: TokenTrie,
  triggers: LazyTriggers,
): GrammarMatcher {
  const texts = (triggers.texts ?? []).map((text) => Buffer.from(text).toString("latin1"));
  const tokens = new Set(triggers.tokens ?? []);
  if (texts.length + tokens.size === 0) throw new InvalidArgumentError("A lazy grammar needs a trigger");
  if (texts.includes("")) throw new InvalidArgumentError("An empty text cannot be a trigger");
  let found: readonly number[] | undefined;
  const containing = () => (found ??= tokensContaining(trie, texts));
  return new LazyMatcher({ grammar, trie, texts, tokens, containing, crossing: new Map() }, "");
}

interface LazyPlan {
  readonly grammar: CompiledGrammar;
  readonly trie: TokenTrie;
  /** One character per byte. */
  readonly texts: readonly string[];
  readonly tokens: ReadonlySet<number>;
  /** The tokens that contain a whole trigger. */
  readonly containing: () => readonly number[];
  /** Per tail: the mask without the tokens that complete a trigger and go on in a way that the grammar does not take. */
  readonly crossing: Map<string, StateMask>;
}

class LazyMatcher implements GrammarMatcher {
  readonly #plan: LazyPlan;
  readonly #buffer: MaskBuffer;
  /** The longest end of the text so far with which a trigger begins. */
  #tail: string;
  /** The walk of the grammar, once triggered. */
  #inner: GrammarMatcher | undefined;
  #ended = false;

  constructor(plan: LazyPlan, tail: string, inner?: GrammarMatcher) {
    this.#plan = plan;
    this.#tail = tail;
    this.#inner = inner;
    this.#buffer = new MaskBuffer(plan.trie.wordCount);
  }

  get canEnd(): boolean {
    return this.#inner?.canEnd ?? true;
  }

  get mustEnd(): boolean {
    return this.#inner?.mustEnd ?? this.#ended;
  }

  mask(): TokenMask {
    if (this.#inner !== undefined) return this.#inner.mask();
    if (this.#ended) return this.#buffer.showIds(this.#plan.trie.endTokens);
    const { crossing } = this.#plan;
    let mask = crossing.get(this.#tail);
    if (mask === undefined) crossing.set(this.#tail, (mask = this.#waitingMask()));
    return this.#buffer.show(mask);
  }

  allows(token: number): boolean {
    const { trie } = this.#plan;
    if (this.#inner !== undefined) return this.#inner.allows(token);
    if (!Number.isSafeInteger(token) || token < 0 || token >= trie.vocabulary.size) return false;
    if (trie.isEnd(token)) return true;
    return !this.#ended && this.#after(token) !== undefined;
  }

  accept(token: number): void {
    if (this.#inner !== undefined) {
      this.#inner.accept(token);
      return;
    }
    if (!this.allows(token))
      throw new ColloquyError("grammar-mismatch", `The grammar does not allow token ${token} here`);
    if (this.#plan.trie.isEnd(token)) {
      this.#ended = true;
      return;
    }
    const after = this.#after(token)!;
    if (typeof after === "string") this.#tail = after;
    else this.#inner = after;
  }

  forced(): readonly number[] {
    return this.#inner?.forced() ?? [];
  }

  clone(): GrammarMatcher {
    const copy = new LazyMatcher(this.#plan, this.#tail, this.#inner?.clone());
    copy.#ended = this.#ended;
    return copy;
  }

  /** The tail after a token, or the walk that it triggers, or `undefined` when it goes on against the grammar. */
  #after(token: number, isNewCall = true): string | GrammarMatcher | undefined {
    const { grammar, trie, texts, tokens } = this.#plan;
    if (tokens.has(token)) return grammar.matcher(trie);
    const { data, starts } = trie.bytes;
    const bytes = Buffer.from(data.subarray(starts[token]!, starts[token + 1]!)).toString("latin1");
    const text = this.#tail + bytes;
    const end = firstEnd(text, texts);
    if (end === undefined) return longestBeginning(text, texts);
    return grammar.matcherAfter(trie, Buffer.from(text.slice(end), "latin1"), isNewCall);
  }

  /** All tokens, but those that complete a trigger and go on in a way that the grammar does not take. */
  #waitingMask(): StateMask {
    const { trie } = this.#plan;
    const words = new Uint32Array(trie.wordCount).fill(0xffffffff);
    if (trie.vocabulary.size % 32 !== 0) words[trie.wordCount - 1] = 2 ** (trie.vocabulary.size % 32) - 1;
    let isNewCall = true;
    for (const token of completingTokens(this.#plan, this.#tail)) {
      const after = trie.isEnd(token) ? "" : this.#after(token, isNewCall);
      if (after === undefined) words[token >>> 5]! &= ~(1 << (token & 31));
      isNewCall = false;
    }
    return fromWords(words);
  }
}

/** The tokens that complete a trigger after the tail, or contain one. */
function completingTokens({ trie, texts, containing }: LazyPlan, tail: string): Set<number> {
  const found = new Set<number>(containing());
  for (const text of texts)
    for (let begun = 1; begun < text.length; begun++) {
      if (!tail.endsWith(text.slice(0, begun))) continue;
      const node = findNode(trie.trie, Buffer.from(text.slice(begun), "latin1"));
      if (node < 0) continue;
      const { tokenStarts, ends, tokens } = trie.trie;
      for (let i = tokenStarts[node]!; i < tokenStarts[ends[node]!]!; i++) found.add(tokens[i]!);
    }
  return found;
}

/** The tokens that contain one of the texts. */
function tokensContaining({ bytes: { data, starts } }: TokenTrie, texts: readonly string[]): number[] {
  const found: number[] = [];
  const all = Buffer.from(data.buffer, data.byteOffset, data.length).toString("latin1");
  for (const text of texts)
    for (let at = all.indexOf(text); at >= 0; at = all.indexOf(text, at + 1)) {
      let [low, high] = [0, starts.length - 1];
      while (high - low > 1) {
        const middle = (low + high) >> 1;
        if (starts[middle]! <= at) low = middle;
        else high = middle;
      }
      if (at + text.length <= starts[low + 1]!) found.push(low);
    }
  return found;
}

/** Where the first trigger that is complete ends; the longest of those that end in the same place is no different. */
function firstEnd(text: string, triggers: readonly string[]): number | undefined {
  let first: number | undefined;
  for (const trigger of triggers) {
    const at = text.indexOf(trigger);
    if (at >= 0 && (first === undefined || at + trigger.length < first)) first = at + trigger.length;
  }
  return first;
}

function longestBeginning(text: string, triggers: readonly string[]): string {
  const longest = triggers.reduce((most, trigger) => Math.max(most, trigger.length - 1), 0);
  for (let length = Math.min(longest, text.length); length > 0; length--) {
    const end = text.slice(text.length - length);
    if (triggers.some((trigger) => trigger.startsWith(end))) return end;
  }
  return "";
}
