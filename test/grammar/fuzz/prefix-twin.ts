import { characterRanges } from "../../../src/grammar/code-points.ts";
import type { CharactersNode, GrammarDefinition, GrammarNode } from "../../../src/grammar/index.ts";

/** Steps after which a text is given up. */
const STEPS_MAX = 10_000;
class GivenUp extends Error {}

/**
 * The obvious recogniser of beginnings: every node gives the set of places where it can end, and running off the end
 * of the text inside of a node that can be finished makes the text a beginning. Nothing in common with the automaton.
 */
export class PrefixTwin {
  readonly #definition: GrammarDefinition;
  readonly #productive = new Set<string>();
  #bytes: Uint8Array = new Uint8Array();
  #memo = new Map<GrammarNode, Map<number, ReadonlySet<number>>>();
  #isBeginning = false;
  #steps = 0;

  constructor(definition: GrammarDefinition) {
    this.#definition = definition;
    for (let before = -1; before !== this.#productive.size; ) {
      before = this.#productive.size;
      for (const [name, node] of definition.rules) if (this.#canMatch(node)) this.#productive.add(name);
    }
  }

  /** `undefined` where it takes too long to say. */
  read(bytes: Uint8Array): { viable: boolean; complete: boolean } | undefined {
    this.#bytes = bytes;
    this.#memo = new Map();
    this.#isBeginning = false;
    this.#steps = 0;
    try {
      const complete = this.#ends(this.#rule(this.#definition.root), 0).has(bytes.length);
      return { viable: this.#isBeginning || complete, complete };
    } catch (error) {
      if (error instanceof GivenUp || error instanceof RangeError) return undefined;
      throw error;
    }
  }

  #rule(name: string): GrammarNode {
    return this.#definition.rules.get(name)!;
  }

  #canMatch(node: GrammarNode): boolean {
    switch (node.type) {
      case "characters":
        return characterRanges(node.ranges, node.negated).length > 0;
      case "sequence":
        return node.items.every((item) => this.#canMatch(item));
      case "choice":
        return node.options.some((option) => this.#canMatch(option));
      case "repeat":
        return node.min === 0 || this.#canMatch(node.item);
      case "rule":
        return this.#productive.has(node.name);
      default:
        return true;
    }
  }

  #ends(node: GrammarNode, from: number): ReadonlySet<number> {
    if (++this.#steps > STEPS_MAX) throw new GivenUp();
    const known = this.#memo.get(node) ?? new Map<number, ReadonlySet<number>>();
    this.#memo.set(node, known);
    let found = known.get(from);
    if (found === undefined) {
      found = this.#canMatch(node) ? this.#endsOf(node, from) : new Set<number>();
      known.set(from, found);
    }
    return found;
  }

  #endsOf(node: GrammarNode, from: number): ReadonlySet<number> {
    switch (node.type) {
      case "literal":
        return this.#bytesEnd(new TextEncoder().encode(node.text), from);
      case "bytes":
        return this.#bytesEnd(node.bytes, from);
      case "characters":
        return this.#characterEnd(node, from);
      case "sequence":
        return node.items.reduce<ReadonlySet<number>>(
          (places, item) => this.#union(places, (place) => this.#ends(item, place)),
          new Set([from]),
        );
      case "choice":
        return this.#union(node.options, (option) => this.#ends(option, from));
      case "repeat":
        return this.#repeatEnds(node.item, node.min, node.max ?? Number.POSITIVE_INFINITY, from);
      case "rule":
        return this.#ends(this.#rule(node.name), from);
      default:
        throw new GivenUp();
    }
  }

  #union<T>(items: Iterable<T>, of: (item: T) => ReadonlySet<number>): Set<number> {
    const all = new Set<number>();
    for (const item of items)
      for (const place of of(item)) {
        if (++this.#steps > STEPS_MAX) throw new GivenUp();
        all.add(place);
      }
    return all;
  }

  #repeatEnds(item: GrammarNode, min: number, max: number, from: number): ReadonlySet<number> {
    let places: ReadonlySet<number> = new Set([from]);
    const found = new Set<number>(min === 0 ? places : []);
    for (let count = 1; count <= max && places.size > 0; count++) {
      const next = this.#union(places, (place) => this.#ends(item, place));
      // What may be empty only adds places: when none is new, nothing changes any more.
      const isSettled = next.size === places.size && [...next].every((place) => places.has(place));
      places = next;
      if (count >= min || isSettled) for (const place of places) found.add(place);
      if (isSettled) break;
    }
    return found;
  }

  #bytesEnd(wanted: Uint8Array, at: number): ReadonlySet<number> {
    for (let i = 0; i < wanted.length; i++) {
      if (at + i === this.#bytes.length) this.#isBeginning = true;
      if (this.#bytes[at + i] !== wanted[i]) return new Set();
    }
    return new Set([at + wanted.length]);
  }

  #characterEnd(node: CharactersNode, at: number): ReadonlySet<number> {
    const lead = this.#bytes[at];
    if (lead === undefined) this.#isBeginning = true;
    const length = lead === undefined ? 0 : characterLength(lead);
    if (length === 0) return new Set();
    const given = this.#bytes.subarray(at, at + length);
    if (given.subarray(1).some((byte) => byte >> 6 !== 2)) return new Set();
    const missing = length - given.length;
    let first = length === 1 ? lead! : lead! & (0xff >> (length + 1));
    for (const byte of given.subarray(1)) first = first * 64 + (byte & 63);
    first *= 64 ** missing;
    const smallest = [0, 0, 0x80, 0x800, 0x10000][length]!;
    for (let code = Math.max(first, smallest); code < first + 64 ** missing && code <= 0x10ffff; code++) {
      if (code >= 0xd800 && code <= 0xdfff) continue;
      if (node.ranges.some(([from, to]) => code >= from && code <= to) === node.negated) continue;
      if (missing === 0) return new Set([at + length]);
      this.#isBeginning = true;
      break;
    }
    return new Set();
  }
}

function characterLength(lead: number): number {
  if (lead < 0x80) return 1;
  if (lead < 0xc0) return 0;
  return lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 0;
}
