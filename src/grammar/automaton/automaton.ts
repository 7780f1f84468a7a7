import { GRAMMAR_LIMITS, limitError } from "../limits.ts";
import { Closure } from "./closure.ts";
import type { GrammarProgram } from "./compile-program.ts";
import { FarCounts } from "./far-counts.ts";
import { ITEM } from "./item-table.ts";
import { OutgoingEdges } from "./outgoing-edges.ts";
import { doubled } from "./set-pool.ts";
import { END_NODE, StackStore } from "./stack-store.ts";

/** The state in which the text cannot be continued to a match any more. */
export const DEAD = 0;

/** Texts up to so many characters are told apart by {@link Automaton.withoutFarCounts}. */
export const NEAR_CHARACTERS = 16;

const UNKNOWN = -1;
const NOT_FORCED = -2;
const NO_TOKENS: readonly number[] = [];

/**
 * The deterministic automaton of a grammar over bytes. States are numbers and are made when they are reached,
 * with all their transitions when they are first left. From every state but {@link DEAD} a match can be completed.
 */
export class Automaton {
  readonly program: GrammarProgram;
  readonly classCount: number;
  readonly classOfByte: Uint8Array;
  readonly start: number;
  readonly #store: StackStore;
  readonly #closure: Closure;
  readonly #farCounts: FarCounts;
  readonly #edges: OutgoingEdges;
  readonly #row: Int32Array;
  #transitions: Int32Array<ArrayBuffer>;
  #stateSets = new Int32Array(64);
  #stateOfSet = new Int32Array(64);
  #forced = new Int32Array(64);
  #stateCount = 1;

  constructor(program: GrammarProgram) {
    this.program = program;
    this.classCount = program.classCount;
    this.classOfByte = program.classOfByte;
    this.#store = new StackStore(program);
    this.#closure = new Closure(this.#store);
    this.#farCounts = new FarCounts(this.#store, NEAR_CHARACTERS);
    this.#edges = new OutgoingEdges(this.classCount);
    this.#row = new Int32Array(this.classCount);
    this.#transitions = new Int32Array(64 * this.classCount);
    this.#closure.begin();
    this.#closure.add(program.root, this.#store.sets.internOne(END_NODE));
    this.start = this.#stateFor(this.#closure.finish());
  }

  /**
   * The state after each state and byte class, at `state * classCount + class`; negative where {@link fill} was not
   * called for the state yet. Replaced by a larger array when states are added.
   */
  get transitions(): Int32Array {
    return this.#transitions;
  }

  get stateCount(): number {
    return this.#stateCount;
  }

  /** So many states were made that it is better to begin afresh with {@link import}. */
  get isFull(): boolean {
    const { transitions, unfinished } = GRAMMAR_LIMITS;
    return this.#stateCount * this.classCount > transitions || this.#store.size > unfinished / 4;
  }

  /** Tells that a caller asks for something: what a single call may cost is limited. */
  beginCall(): void {
    this.#store.beginCall();
  }

  /** The state after one more byte. */
  step(state: number, byte: number): number {
    return this.stepClass(state, this.classOfByte[byte]!);
  }

  /** The state after one more byte of a class. */
  stepClass(state: number, byteClass: number): number {
    const at = state * this.classCount + byteClass;
    if (this.#transitions[at] === UNKNOWN) this.fill(state);
    return this.#transitions[at]!;
  }

  canEnd(state: number): boolean {
    const { sets } = this.#store;
    const set = this.#stateSets[state]!;
    return set !== 0 && sets.member(sets.start(set)) === END_NODE;
  }

  /** The text is complete and nothing may follow. */
  mustEnd(state: number): boolean {
    const set = this.#stateSets[state]!;
    return this.canEnd(state) && this.#store.sets.end(set) - this.#store.sets.start(set) === 1;
  }

  /** The only way to go on, when there is exactly one and it is a byte; else -1. */
  forcedByte(state: number): number {
    let found = this.#forced[state]!;
    if (found === 0) {
      // Looking for it may make states and with them a larger array.
      found = this.#findForced(state);
      this.#forced[state] = found;
    }
    return found === NOT_FORCED ? -1 : found - 1;
  }

  /** The indices of the program's tokens of which one may come here, as a whole token. */
  tokens(state: number): readonly number[] {
    if (this.program.tokens.length === 0) return NO_TOKENS;
    const found: number[] = [];
    this.#eachNode(state, (item) => {
      if (this.#store.kind(item) === ITEM.token) found.push(this.program.items.first[item]!);
    });
    return found;
  }

  /** The state after a token for which `matches` holds of one of the {@link tokens}. */
  stepToken(state: number, matches: (token: number) => boolean): number {
    this.#closure.begin();
    this.#eachNode(state, (item, rest) => {
      if (this.#store.kind(item) === ITEM.token && matches(this.program.items.first[item]!))
        this.#closure.pop(rest);
    });
    return this.#stateFor(this.#closure.finish());
  }

  /** The state that goes on as either state does. */
  union(left: number, right: number): number {
    return this.#stateFor(this.#store.union(this.#stateSets[left]!, this.#stateSets[right]!));
  }

  /**
   * A state that takes every text that `state` takes, and of those up to {@link NEAR_CHARACTERS} long no others.
   * States that differ only in how far they are from the end of a bounded repetition have it in common.
   */
  withoutFarCounts(state: number): number {
    return this.#stateFor(this.#farCounts.without(this.#stateSets[state]!));
  }

  /** The same state as `state` of another automaton of the same program, with no more work left than that had. */
  import(from: Automaton, state: number): number {
    this.#store.shareCredit(from.#store);
    return this.#stateFor(this.#store.import(from.#store, from.#stateSets[state]!));
  }

  /** Makes all transitions of a state. */
  fill(state: number): void {
    const { sets } = this.#store;
    const set = this.#stateSets[state]!;
    const start = sets.start(set);
    const end = sets.end(set);
    if (end - start === 1 && this.#fillInText(state, sets.member(start))) return;
    const edges = this.#edges;
    edges.clear();
    for (let i = start; i < end; i++) {
      const node = sets.member(i);
      if (node !== END_NODE) this.#addEdges(this.#store.itemOf(node), this.#store.restOf(node));
    }
    const { classCount } = this;
    let target: number = DEAD;
    const row = this.#row;
    for (let byteClass = 0; byteClass < classCount; byteClass++) {
      if (edges.changesAt(byteClass)) target = this.#target(byteClass);
      row[byteClass] = target;
    }
    this.#transitions.set(row, state * classCount);
  }

  /** Where a state is inside of a text and nowhere else, there is one way to go on. */
  #fillInText(state: number, node: number): boolean {
    const item = this.#store.itemOf(node);
    if (node === END_NODE || this.#store.kind(item) !== ITEM.byte) return false;
    const next = this.#store.node(item + 1, this.#store.restOf(node));
    const target = this.#stateFor(this.#store.sets.internOne(next));
    const row = state * this.classCount;
    this.#transitions.fill(DEAD, row, row + this.classCount);
    this.#transitions[row + this.classOfByte[this.program.items.first[item]!]!] = target;
    return true;
  }

  #addEdges(item: number, rest: number): void {
    const { items } = this.program;
    const kind = this.#store.kind(item);
    if (kind === ITEM.bytes) {
      const from = items.first[item]!;
      const to = from + items.second[item]!;
      for (let i = from; i < to; i++) {
        const edge = items.edges[i]!;
        this.#edges.add(this.classOfByte[edge.first]!, this.classOfByte[edge.last]!, edge.target, rest);
      }
    } else if (kind === ITEM.words) this.#addWords(item, rest);
    else if (kind === ITEM.byte || kind === ITEM.lastByte) {
      const byteClass = this.classOfByte[items.first[item]!]!;
      this.#edges.add(byteClass, byteClass, kind === ITEM.byte ? item + 1 : 0, rest);
    }
  }

  /** The words that go on with the same byte follow each other; one of them may end with it, the first one. */
  #addWords(item: number, rest: number): void {
    const { words, first: bytes } = this.program.items;
    const to = this.#store.second(item);
    const read = this.#store.third(item);
    for (let from = this.#store.first(item); from < to; ) {
      const byte = bytes[words[from]!.item + read]!;
      const byteClass = this.classOfByte[byte]!;
      let [low, high] = [from, to];
      while (high - low > 1) {
        const middle = (low + high) >>> 1;
        if (bytes[words[middle]!.item + read] === byte) low = middle;
        else high = middle;
      }
      if (words[from]!.length === read + 1) {
        this.#edges.add(byteClass, byteClass, 0, rest);
        from++;
      }
      if (high - from === 1) this.#edges.add(byteClass, byteClass, words[from]!.item + read + 1, rest);
      else if (high > from)
        this.#edges.add(byteClass, byteClass, this.#store.words(from, high, read + 1), rest);
      from = high;
    }
  }

  #target(byteClass: number): number {
    const edges = this.#edges;
    const covering = edges.covering(byteClass);
    this.#store.spend(1 + (edges.count >>> 3));
    if (covering === 0) return DEAD;
    const known = edges.knownState();
    if (known >= 0) return known;
    this.#closure.begin();
    for (let i = 0; i < covering; i++) {
      const target = edges.targetOf(i);
      if (target === 0) this.#closure.pop(edges.restOf(i));
      else this.#closure.add(target, edges.restOf(i));
    }
    const state = this.#stateFor(this.#closure.finish());
    edges.remember(state);
    return state;
  }

  #eachNode(state: number, visit: (item: number, rest: number) => void): void {
    const { sets } = this.#store;
    const set = this.#stateSets[state]!;
    for (let i = sets.start(set); i < sets.end(set); i++) {
      const node = sets.member(i);
      if (node !== END_NODE) visit(this.#store.itemOf(node), this.#store.restOf(node));
    }
  }

  #findForced(state: number): number {
    if (state === DEAD || this.canEnd(state) || this.tokens(state).length > 0) return NOT_FORCED;
    let found = -1;
    // Classes are intervals in byte order: one byte is where the next class begins behind it.
    for (let byte = 0; byte < 256; byte++) {
      const byteClass = this.classOfByte[byte]!;
      const isFirst = byte === 0 || this.classOfByte[byte - 1] !== byteClass;
      if (isFirst && this.stepClass(state, byteClass) === DEAD) {
        while (this.classOfByte[byte + 1] === byteClass) byte++;
        continue;
      }
      if (found >= 0) return NOT_FORCED;
      found = byte;
    }
    return found < 0 ? NOT_FORCED : found + 1;
  }

  #stateFor(set: number): number {
    if (set === 0) return DEAD;
    while (set >= this.#stateOfSet.length) this.#stateOfSet = doubled(this.#stateOfSet);
    const known = this.#stateOfSet[set]!;
    if (known !== 0) return known;
    const { transitions, transitionsPerCall } = GRAMMAR_LIMITS;
    if (this.#stateCount * this.classCount > transitions + transitionsPerCall)
      throw limitError("transitions in one step", transitionsPerCall);
    const state = this.#stateCount++;
    if (state >= this.#stateSets.length) {
      this.#stateSets = doubled(this.#stateSets);
      this.#forced = doubled(this.#forced);
      this.#transitions = doubled(this.#transitions);
    }
    this.#stateSets[state] = set;
    this.#stateOfSet[set] = state;
    this.#transitions.fill(UNKNOWN, state * this.classCount, (state + 1) * this.classCount);
    return state;
  }
}
