import { characterRanges } from "../code-points.ts";
import type { GrammarDefinition, GrammarNode } from "../ir.ts";

/** The obvious recogniser: every node gives the set of places where it can end. */
export function naiveAccepts(definition: GrammarDefinition, text: string): boolean {
  const codes = [...text].map((character) => character.codePointAt(0)!);
  const memo = new Map<GrammarNode, Map<number, Set<number>>>();
  const ends = (node: GrammarNode, from: number): Set<number> => {
    const known = memo.get(node) ?? new Map<number, Set<number>>();
    memo.set(node, known);
    let found = known.get(from);
    if (found === undefined) {
      found = endsOf(node, from);
      known.set(from, found);
    }
    return found;
  };
  const endsOf = (node: GrammarNode, from: number): Set<number> => {
    switch (node.type) {
      case "literal": {
        const wanted = [...node.text].map((character) => character.codePointAt(0)!);
        return wanted.every((code, index) => codes[from + index] === code)
          ? new Set([from + wanted.length])
          : new Set();
      }
      case "characters": {
        const code = codes[from];
        const inside = node.ranges.some(
          ([first, last]) => code !== undefined && first <= code && code <= last,
        );
        return code !== undefined && inside !== node.negated ? new Set([from + 1]) : new Set();
      }
      case "sequence":
        return node.items.reduce(
          (places, item) => union(places, (place) => ends(item, place)),
          new Set([from]),
        );
      case "choice":
        return union(node.options, (option) => ends(option, from));
      case "repeat": {
        let places = new Set([from]);
        const found = new Set<number>(node.min === 0 ? places : []);
        for (let count = 1; count <= (node.max ?? codes.length + node.min + 1) && places.size > 0; count++) {
          places = union(places, (place) => ends(node.item, place));
          if (count >= node.min) for (const place of places) found.add(place);
          if (count > node.min + codes.length) break;
        }
        return found;
      }
      case "rule":
        return ends(definition.rules.get(node.name)!, from);
      default:
        throw new Error(node.type);
    }
  };
  return ends(definition.rules.get(definition.root)!, 0).has(codes.length);
}

function union<T>(items: Iterable<T>, of: (item: T) => Set<number>): Set<number> {
  const all = new Set<number>();
  for (const item of items) for (const place of of(item)) all.add(place);
  return all;
}

/** Numbers from 0 up to 1, the same for the same seed. */
export function createRandom(seed: number): () => number {
  let state = seed >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}

/** A random text of the grammar. Below `depthMax` nested rules it takes the shortest way out. */
export function randomText(definition: GrammarDefinition, random: () => number, depthMax = 12): string {
  const heights = ruleHeights(definition);
  const pick = <T>(items: readonly T[]) => items[Math.floor(random() * items.length)]!;
  const write = (node: GrammarNode, depth: number): string => {
    switch (node.type) {
      case "literal":
        return node.text;
      case "characters": {
        const [first, last] = pick(characterRanges(node.ranges, node.negated));
        const end = random() < 0.8 ? Math.min(last, first + 90) : last;
        return String.fromCodePoint(first + Math.floor(random() * (end - first + 1)));
      }
      case "sequence":
        return node.items.map((item) => write(item, depth)).join("");
      case "choice": {
        if (depth < depthMax) return write(pick(node.options), depth);
        const lowest = Math.min(...node.options.map((option) => heightOf(option, heights)));
        return write(node.options.find((option) => heightOf(option, heights) === lowest)!, depth);
      }
      case "repeat": {
        const more = depth < depthMax ? Math.floor(random() * 4) : 0;
        const count = Math.min(node.max ?? Number.POSITIVE_INFINITY, node.min + more);
        return Array.from({ length: count }, () => write(node.item, depth)).join("");
      }
      case "rule":
        return write(definition.rules.get(node.name)!, depth + 1);
      default:
        throw new Error(node.type);
    }
  };
  return write(definition.rules.get(definition.root)!, 0);
}

function ruleHeights(definition: GrammarDefinition): Map<string, number> {
  const heights = new Map<string, number>();
  for (let changed = true; changed; ) {
    changed = false;
    for (const [name, node] of definition.rules) {
      const height = heightOf(node, heights) + 1;
      if (height < (heights.get(name) ?? Number.POSITIVE_INFINITY)) {
        heights.set(name, height);
        changed = true;
      }
    }
  }
  return heights;
}

function heightOf(node: GrammarNode, heights: ReadonlyMap<string, number>): number {
  switch (node.type) {
    case "rule":
      return heights.get(node.name) ?? Number.POSITIVE_INFINITY;
    case "sequence":
      return Math.max(0, ...node.items.map((item) => heightOf(item, heights)));
    case "choice":
      return Math.min(...node.options.map((option) => heightOf(option, heights)));
    case "repeat":
      return node.min === 0 ? 0 : heightOf(node.item, heights);
    default:
      return 0;
  }
}
