import { describe, expect, it } from "vitest";
import type { GrammarVocabulary } from "../vocabulary.ts";
import type { FlatTrie } from "./flat-trie.ts";
import { sortTokens } from "./sort-tokens.ts";
import { wholeTokens } from "./token-bytes.ts";
import { TokenTrie } from "./token-trie.ts";

function seeded(seed: number): (below: number) => number {
  let state = seed;
  return (below) => (state = (Math.imul(state, 48271) >>> 0) % 0x7fffffff) % below;
}

/** Tokens that share beginnings, some of them equal, empty, unfinished or no text at all. */
function randomTokens(random: (below: number) => number, count: number): Uint8Array[] {
  const parts = ["a", "ab", "the ", '"', "\\", "\n", "\0", "é", "日本", "😀"].map((text) =>
    Buffer.from(text),
  );
  parts.push(
    Buffer.from([0xff]),
    Buffer.from([0xe6, 0x97]),
    Buffer.from([0xed, 0xa0, 0x80]),
    Buffer.from([0x80]),
  );
  return Array.from({ length: count }, () => {
    const bytes = Buffer.concat(Array.from({ length: random(6) }, () => parts[random(parts.length)]!));
    return Uint8Array.from(random(3) === 0 ? bytes.subarray(0, random(bytes.length + 1)) : bytes);
  });
}

function vocabularyOf(tokens: readonly Uint8Array[]): GrammarVocabulary {
  return { size: tokens.length, endTokens: [], tokenBytes: (id) => tokens[id]!, tokenize: () => [] };
}

/** The tokens of some nodes, each with the bytes of the way to it, which `before` precedes. */
function waysOf(trie: FlatTrie, firstNode: number, endNode: number): Map<number, string> {
  const found = new Map<number, string>();
  const path: number[] = [];
  for (let node = firstNode; node < endNode; node++) {
    path.length = trie.depths[node]!;
    path.push(trie.bytes[node]!);
    for (let i = trie.tokenStarts[node]!; i < trie.tokenStarts[node + 1]!; i++)
      found.set(trie.tokens[i]!, Buffer.from(path).toString("hex"));
  }
  return found;
}

/** How many characters of the set a token begins with, and how many bytes these are. */
function plainBeginning(
  bytes: Uint8Array,
  isPlain: (character: string) => boolean,
): { at: number; characters: number } {
  let [at, characters] = [0, 0];
  for (;;) {
    let length = 1;
    for (; length <= 4; length++) {
      const text = Buffer.from(bytes.subarray(at, at + length)).toString("utf8");
      if ([...text].length === 1 && text !== "\ufffd" && at + length <= bytes.length && isPlain(text)) break;
    }
    if (length > 4) return { at, characters };
    at += length;
    characters++;
  }
}

describe("sorting tokens", () => {
  it.each([1, 2, 3])("puts them in the order of their bytes, equal ones by their ids (seed %i)", (seed) => {
    const random = seeded(seed);
    const tokens = randomTokens(random, 3000);
    const { bytes } = TokenTrie.from(vocabularyOf(tokens));
    const ids = Int32Array.from(tokens.keys()).filter((id) => tokens[id]!.length > 0);
    const slow = [...ids].sort((a, b) => Buffer.compare(tokens[a]!, tokens[b]!) || a - b);
    sortTokens(wholeTokens(bytes), ids);
    expect([...ids]).toEqual(slow);
  });
});

describe("the trie of a vocabulary", () => {
  const tokens = randomTokens(seeded(77), 2500);
  const trie = TokenTrie.from(vocabularyOf(tokens));

  it("has every token once, at the end of its bytes", () => {
    const ways = waysOf(trie.trie, 0, trie.trie.nodeCount);
    for (const [id, bytes] of tokens.entries())
      expect(ways.get(id) ?? "").toBe(Buffer.from(bytes).toString("hex"));
    expect(new Set([...ways.values()]).size).toBeLessThan(ways.size);
  });

  it("has every token in a slice once, plain or behind its plain beginning", () => {
    const isPlain = (character: string) => /[ab é😀]/u.test(character);
    const slice = trie.slice(
      [..."ab é😀"].map((character) => [character.codePointAt(0)!, character.codePointAt(0)!]),
    );
    const plain = new Set<number>();
    for (const [id, bytes] of tokens.entries()) {
      if (bytes.length === 0) continue;
      const { at, characters } = plainBeginning(bytes, isPlain);
      if (at === bytes.length) plain.add(id);
      else {
        const remainder = slice.remainders.find(
          (one) => one.characters === characters && one.byte === bytes[at],
        )!;
        const ways = waysOf(slice.rests, remainder.firstNode, remainder.endNode);
        expect(ways.get(id)).toBe(Buffer.from(bytes.subarray(at)).toString("hex"));
      }
      expect(slice.longest).toBeGreaterThanOrEqual(characters);
    }
    expect(slice.plainCount).toBe(plain.size);
    expect(slice.rests.tokens).toHaveLength(
      [...tokens].filter(({ length }) => length > 0).length - plain.size,
    );
    for (const limit of [0, 1, 2, 3, Number.POSITIVE_INFINITY]) {
      const { words, count } = slice.plainMask(limit);
      const expected = [...plain].filter((id) => plainBeginning(tokens[id]!, isPlain).characters <= limit);
      expect([...tokens.keys()].filter((id) => (words[id >>> 5]! & (1 << (id & 31))) !== 0)).toEqual(
        expected,
      );
      expect(count).toBe(expected.length);
    }
  });

  it("is the same from all bytes at once", () => {
    const again = TokenTrie.from({ ...vocabularyOf(tokens), allTokenBytes: () => trie.bytes });
    expect(again.trie).toEqual(trie.trie);
    const short = { data: trie.bytes.data, starts: trie.bytes.starts.slice(1) };
    expect(() => TokenTrie.from({ ...vocabularyOf(tokens), allTokenBytes: () => short })).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
  });
});
