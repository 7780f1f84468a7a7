import { describe, expect, it } from "vitest";
import type { Token, Tokenizer } from "../token.ts";
import { type DryBreakers, resolveDryBreakers } from "./dry-breakers.ts";
import { applyDryPenalty } from "./dry-penalty.ts";
import { LogitOverlay } from "./logit-overlay.ts";
import { createRandom } from "./random.ts";
import { createSampler } from "./sampler.ts";
import { TokenHistory } from "./token-history.ts";

const options = { strength: 0.8, base: 1.75, allowedLength: 2, lastTokens: 1000, sequenceBreakers: [] };
const scratch = { matchLengths: new Int32Array(0), longest: new Map<number, number>() };

/** Tries every token and counts, by comparing tokens, how long a repetition it would continue. */
function slowDry(
  tokens: readonly number[],
  vocabulary: number,
  allowedLength: number,
  single: ReadonlySet<number>,
): number[] {
  const breaker = tokens.findLastIndex((token) => single.has(token));
  const limit = tokens.length - 1 - breaker;
  return Array.from({ length: vocabulary }, (_, next) => {
    let longest = 0;
    for (let at = 0; at < tokens.length; at++) {
      if (tokens[at] !== next) continue;
      let length = 0;
      while (at - 1 - length >= 0 && tokens[at - 1 - length] === tokens[tokens.length - 1 - length]) length++;
      longest = Math.max(longest, Math.min(length, limit));
    }
    if (longest < allowedLength || single.has(next) || tokens.length <= allowedLength) return 0;
    return options.strength * options.base ** (longest - allowedLength);
  });
}

describe("DRY", () => {
  it("punishes what continues a repetition, as the slow twin says", () => {
    const random = createRandom(8);
    for (let round = 0; round < 500; round++) {
      const vocabulary = 2 + Math.floor(random.next() * 6);
      const tokens = Array.from({ length: Math.floor(random.next() * 40) }, () =>
        Math.floor(random.next() * vocabulary),
      );
      const single = new Set(random.next() < 0.5 ? [] : [Math.floor(random.next() * vocabulary)]);
      const allowedLength = 1 + Math.floor(random.next() * 3);
      const logits = new Float32Array(vocabulary);
      const overlay = new LogitOverlay();
      const breakers: DryBreakers = new Map([...single].map((token) => [token, [[]]]));
      const given = { ...options, allowedLength };
      applyDryPenalty(logits, overlay, given, breakers, new TokenHistory(1000, tokens), scratch);
      const wanted = slowDry(tokens, vocabulary, allowedLength, single);
      for (const [token, penalty] of wanted.entries()) expect(logits[token]).toBeCloseTo(-penalty, 2);
      overlay.restore(logits);
      expect([...logits].every((logit) => logit === 0)).toBe(true);
    }
  });

  it("does not reach back over a breaker of several tokens, nor beyond the largest float", () => {
    const tokens = [1, 2, 3, 7, 8, 1, 2, 3];
    const apply = (breakers: DryBreakers, history: readonly number[], base = 1.75) => {
      const logits = new Float32Array(10);
      const list = new TokenHistory(2000, history);
      applyDryPenalty(logits, new LogitOverlay(), { ...options, base }, breakers, list, scratch);
      return [...logits];
    };
    expect(apply(new Map(), tokens)[7]).toBeCloseTo(-0.8 * 1.75);
    expect(apply(new Map([[2, [[3]]]]), tokens).every((logit) => logit === 0)).toBe(true);
    expect(apply(new Map([[2, [[4]]]]), tokens)[7]).toBeCloseTo(-0.8 * 1.75);
    const endless = apply(new Map(), new Array(1000).fill(5), 4);
    expect(Number.isFinite(endless[5])).toBe(true);
  });

  it("finds tokens that hold, or end with the beginning of, a breaker", () => {
    const words = ["a", "b\n", ".", "x<", "<s", "s>", ">", "<s>y"];
    const tokenizer = Object.assign(
      (text: string) => [...text].map((character) => (100 + character.charCodeAt(0)) as Token),
      {
        detokenize: (tokens: readonly Token[]) => tokens.map((token) => words[token]).join(""),
        isSpecialToken: () => false,
        isEogToken: () => false,
      },
    ) as Tokenizer;
    const code = (text: string) => [...text].map((character) => 100 + character.charCodeAt(0));
    const breakers = resolveDryBreakers({ tokenizer, vocabularySize: words.length }, ["\n", "<s>", ""]);
    expect([...breakers]).toEqual([
      [1, [[]]],
      [3, [code("s>")]],
      [4, [code(">")]],
      [7, [[]]],
    ]);
    expect(resolveDryBreakers({ tokenizer, vocabularySize: 0 }, ["\n", "<s>", ""])).toBe(breakers);
    const sampler = createSampler(
      { dryRepeatPenalty: { strength: 5, allowedLength: 1, sequenceBreakers: [] } },
      { vocabulary: { tokenizer, vocabularySize: words.length }, history: [0, 2, 5, 0] },
    );
    const logits = Float32Array.of(0, 0, 9, 0, 0, 6, 0, 0);
    expect(sampler.sample(logits).token).toBe(5);
    const copy = sampler.clone();
    sampler.accept(2 as Token);
    expect(sampler.sample(logits).token).toBe(2);
    expect(copy.sample(logits).token).toBe(5);
  });
});

describe("TokenHistory", () => {
  it("remembers the last tokens, like a plain array", () => {
    const history = new TokenHistory(300, [7, 8, 9]);
    const slow = [7, 8, 9];
    for (let i = 0; i < 3000; i++) {
      history.push(i);
      slow.push(i);
      expect(history.length).toBe(Math.min(300, slow.length));
      const back = (i * 7) % history.length;
      expect(history.fromEnd(back)).toBe(slow[slow.length - 1 - back]);
    }
    const copy = history.clone();
    copy.push(-1);
    expect([history.fromEnd(0), copy.fromEnd(1)]).toEqual([2999, 2999]);
  });
});
