import { describe, expect, it } from "vitest";
import { ColloquyError } from "../../base/errors.ts";
import { compileGrammar } from "../compiled-grammar.ts";
import {
  characters,
  choice,
  type GrammarDefinition,
  type GrammarNode,
  literal,
  repeat,
  rule,
  sequence,
} from "../ir.ts";
import { TokenTrie } from "../trie/token-trie.ts";
import type { GrammarVocabulary } from "../vocabulary.ts";

type Random = (below: number) => number;

function seeded(seed: number): Random {
  let state = seed >>> 0;
  return (below) => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

/** Backtracking is exponential for some grammars: these are left to the rest. */
const MOST_STEPS = 100_000;
class TooSlow extends Error {}

/** Backtracking over the definition itself: slow, and with nothing in common with the automaton. */
class NaiveMatcher {
  readonly #definition: GrammarDefinition;
  readonly #productive = new Set<string>();
  #bytes: readonly number[] = [];
  #prefix = false;
  #complete = false;
  #steps = 0;

  constructor(definition: GrammarDefinition) {
    this.#definition = definition;
    for (let before = -1; before !== this.#productive.size; ) {
      before = this.#productive.size;
      for (const [name, node] of definition.rules) if (this.#canMatch(node)) this.#productive.add(name);
    }
  }

  get matchesAnything(): boolean {
    return this.#productive.has(this.#definition.root);
  }

  run(bytes: readonly number[]): { viable: boolean; complete: boolean } {
    this.#bytes = bytes;
    this.#prefix = false;
    this.#complete = false;
    this.#match(rule(this.#definition.root), 0, (end) => {
      if (end === bytes.length) this.#complete = true;
    });
    return { viable: this.#prefix || this.#complete, complete: this.#complete };
  }

  #canMatch(node: GrammarNode): boolean {
    switch (node.type) {
      case "characters":
        return node.negated || node.ranges.length > 0;
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

  #match(node: GrammarNode, at: number, then: (end: number) => void): void {
    if (++this.#steps > MOST_STEPS) throw new TooSlow();
    if (!this.#canMatch(node)) return;
    switch (node.type) {
      case "literal":
        this.#matchBytes([...new TextEncoder().encode(node.text)], at, then);
        return;
      case "characters":
        this.#matchCharacter(node, at, then);
        return;
      case "sequence": {
        const from = (i: number, position: number): void =>
          i === node.items.length
            ? then(position)
            : this.#match(node.items[i]!, position, (end) => from(i + 1, end));
        from(0, at);
        return;
      }
      case "choice":
        for (const option of node.options) this.#match(option, at, then);
        return;
      case "repeat": {
        const again = (times: number, position: number): void => {
          if (times >= node.min) then(position);
          if (node.max !== undefined && times >= node.max) return;
          this.#match(node.item, position, (end) => {
            if (end > position || times < node.min) again(times + 1, end);
          });
        };
        again(0, at);
        return;
      }
      case "rule":
        this.#match(this.#definition.rules.get(node.name)!, at, then);
        return;
      default:
        throw new Error("not made here");
    }
  }

  #matchBytes(wanted: readonly number[], at: number, then: (end: number) => void): void {
    for (let i = 0; i < wanted.length; i++) {
      if (at + i === this.#bytes.length) {
        this.#prefix = true;
        return;
      }
      if (this.#bytes[at + i] !== wanted[i]) return;
    }
    then(at + wanted.length);
  }

  #matchCharacter(
    node: { ranges: readonly (readonly [number, number])[]; negated: boolean },
    at: number,
    then: (end: number) => void,
  ): void {
    const lead = this.#bytes[at];
    if (lead === undefined) {
      this.#prefix = true;
      return;
    }
    const length =
      lead < 0x80 ? 1 : lead < 0xc0 ? 0 : lead < 0xe0 ? 2 : lead < 0xf0 ? 3 : lead < 0xf8 ? 4 : 0;
    if (length === 0) return;
    const given = this.#bytes.slice(at, at + length);
    if (given.slice(1).some((byte) => byte >> 6 !== 2)) return;
    const missing = length - given.length;
    let first = length === 1 ? lead : lead & (0xff >> (length + 1));
    for (const byte of given.slice(1)) first = first * 64 + (byte & 63);
    first *= 64 ** missing;
    const last = first + 64 ** missing - 1;
    for (let code = first; code <= last; code++) {
      const smallest = [0, 0, 0x80, 0x800, 0x10000][length]!;
      if (code < smallest || code > 0x10ffff || (code >= 0xd800 && code <= 0xdfff)) continue;
      if (node.ranges.some(([from, to]) => code >= from && code <= to) === node.negated) continue;
      if (missing === 0) then(at + length);
      else this.#prefix = true;
      return;
    }
  }
}

const SOME_CHARACTERS = Array.from('ab"\\1éßÿ€😀', (character) => character.codePointAt(0)!);

const LITERALS = ["a", "b", "ab", "ba", '"', "\\", "1", "é", "ß", "€", "😀", "", "a1", "aab"];

function randomNode(random: Random, depth: number, rules: number): GrammarNode {
  const kind = random(depth <= 0 ? 3 : 8);
  if (kind <= 1) return literal(LITERALS[random(LITERALS.length)]!);
  if (kind === 2) return randomCharacters(random);
  if (kind === 3) return rule(`r${random(rules)}`);
  const parts = Array.from({ length: random(3) + 1 }, () => randomNode(random, depth - 1, rules));
  if (kind === 4 && random(3) === 0)
    return repeat(repeat(parts[0]!, random(2), random(3) + 1), 1, random(4) + 1);
  if (kind === 5 && random(3) === 0)
    return sequence(repeat(parts[0]!, 0, random(4)), repeat(parts[0]!, random(3)));
  if (kind <= 5) return { type: "sequence", items: parts };
  if (kind === 6) return { type: "choice", options: random(12) === 0 ? [] : parts };
  const min = random(3);
  const bounds = [undefined, min, min + 1, min + 3];
  return repeat(parts[0]!, min, bounds[random(4)]);
}

function randomCharacters(random: Random): GrammarNode {
  const pick = () => SOME_CHARACTERS[random(SOME_CHARACTERS.length)]!;
  if (random(2) === 0)
    return characters(
      [
        [0x22, 0x22],
        [0x5c, 0x5c],
      ],
      true,
    );
  const [a, b] = [pick(), pick()];
  return characters([[Math.min(a, b), Math.max(a, b)]], random(3) === 0);
}

function randomDefinition(random: Random): GrammarDefinition {
  const count = random(3) + 1;
  const rules = new Map<string, GrammarNode>();
  for (let i = 0; i < count; i++)
    rules.set(
      `r${i}`,
      choice(randomNode(random, 3, count), sequence(literal("a"), randomNode(random, 2, count))),
    );
  return { root: "r0", rules };
}

function randomVocabulary(random: Random): { vocabulary: GrammarVocabulary; tokens: Uint8Array[] } {
  const texts = new Set<string>(["3c2f733e"]);
  for (const code of SOME_CHARACTERS) {
    const bytes = new TextEncoder().encode(String.fromCodePoint(code));
    for (const byte of bytes) texts.add(Buffer.from([byte]).toString("hex"));
  }
  for (let i = 0; i < 60; i++) {
    const text = Array.from({ length: 4 }, () => SOME_CHARACTERS[random(SOME_CHARACTERS.length)]!);
    const bytes = Buffer.from(String.fromCodePoint(...text));
    const start = random(3);
    texts.add(bytes.subarray(start, start + 1 + random(bytes.length - start)).toString("hex"));
  }
  const tokens = [...texts].map((hex) => new Uint8Array(Buffer.from(hex, "hex")));
  tokens.push(new Uint8Array(0), tokens[3]!);
  return {
    tokens,
    vocabulary: { size: tokens.length, tokenBytes: (id) => tokens[id]!, endTokens: [0], tokenize: () => [] },
  };
}

describe("token masks", () => {
  it("allow exactly the tokens that a naive matcher can take", () => {
    const random = seeded(20240601);
    const { vocabulary, tokens } = randomVocabulary(random);
    const trie = TokenTrie.from(vocabulary);
    let [compared, refused, allowedTokens, ends, slow] = [0, 0, 0, 0, 0];
    for (let round = 0; round < 700; round++) {
      const definition = randomDefinition(random);
      const naive = new NaiveMatcher(definition);
      let grammar: ReturnType<typeof compileGrammar>;
      try {
        grammar = compileGrammar(definition);
      } catch (error) {
        expect(error).toBeInstanceOf(ColloquyError);
        if (!naive.matchesAnything) expect((error as ColloquyError).message).toContain("no text");
        else expect((error as ColloquyError).message).toContain("left-recursive");
        refused++;
        continue;
      }
      const matcher = grammar.matcher(trie);
      const text: number[] = [];
      for (let step = 0; step < 5; step++) {
        let expected: { viable: boolean; complete: boolean }[];
        try {
          expected = [[], ...tokens].map((bytes) => naive.run([...text, ...bytes]));
        } catch (error) {
          expect(error).toBeInstanceOf(TooSlow);
          slow++;
          break;
        }
        const mask = matcher.mask();
        const { complete } = expected[0]!;
        expect(matcher.canEnd).toBe(complete);
        const allowed: number[] = [];
        for (let token = 0; token < tokens.length; token++) {
          const bytes = tokens[token]!;
          const wanted = token === 0 ? complete : bytes.length > 0 && expected[token + 1]!.viable;
          const inMask = (mask.words[token >>> 5]! & (1 << (token & 31))) !== 0;
          if (inMask !== wanted || matcher.allows(token) !== wanted)
            expect.fail(
              `round ${round}: token ${Buffer.from(bytes)} after ${JSON.stringify(Buffer.from(text).toString())} ` +
                `is ${inMask ? "" : "not "}in the mask of ${JSON.stringify([...definition.rules])}`,
            );
          if (inMask) allowed.push(token);
        }
        expect(mask.count).toBe(allowed.length);
        expect([...mask.ids!]).toEqual(allowed);
        expect(matcher.mustEnd).toBe(complete && allowed.length === 1 && matcher.mustEnd);
        compared++;
        allowedTokens += allowed.length;
        if (complete) ends++;
        const choices = allowed.filter((token) => token !== 0);
        if (choices.length === 0) break;
        const token = choices[random(choices.length)]!;
        matcher.accept(token);
        text.push(...tokens[token]!);
      }
    }
    expect(compared).toBeGreaterThan(700);
    expect(refused).toBeGreaterThan(20);
    expect(allowedTokens).toBeGreaterThan(5000);
    expect(ends).toBeGreaterThan(100);
    expect(slow).toBeLessThan(100);
  });
});
