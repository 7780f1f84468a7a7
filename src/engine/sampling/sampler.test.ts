import { describe, expect, it } from "vitest";
import { ColloquyError } from "../../base/errors.ts";
import type { GrammarMatcher, TokenMask } from "../../grammar/matcher.ts";
import type { Token } from "../token.ts";
import type { SamplingOptions } from "./options.ts";
import { createRandom } from "./random.ts";
import { type ResolvedSampling, resolveSamplingOptions } from "./resolve-sampling-options.ts";
import { createSampler } from "./sampler.ts";

const token = (id: number) => id as Token;

interface CountingMatcher extends GrammarMatcher {
  masks: number;
}

/** A grammar that allows the same tokens everywhere. */
function matcherOf(allowed: (id: number) => boolean, size: number): CountingMatcher {
  const words = new Uint32Array(Math.ceil(size / 32));
  const list: number[] = [];
  for (let id = 0; id < size; id++)
    if (allowed(id)) {
      words[id >>> 5]! |= 1 << (id & 31);
      list.push(id);
    }
  const mask: TokenMask = {
    words,
    count: list.length,
    ids: list.length <= 256 ? Int32Array.from(list) : undefined,
  };
  const matcher: CountingMatcher = {
    masks: 0,
    mask() {
      matcher.masks++;
      return mask;
    },
    allows: (id) => allowed(id),
    accept: () => {},
    forced: () => [],
    canEnd: false,
    mustEnd: false,
    clone: () => matcher,
  };
  return matcher;
}

describe("greedy sampling", () => {
  it("takes the highest logit, the lowest id among equals, like a sort does", () => {
    for (let seed = 0; seed < 200; seed++) {
      const logits = randomLogits(1 + (seed % 67), seed);
      const best = slowDistribution(logits, { temperature: 1, topK: 1 })[0]!.id;
      expect(createSampler().sample(logits).token).toBe(best);
    }
  });

  it("asks the grammar for its mask only when the best token is refused", () => {
    const logits = Float32Array.from({ length: 1000 }, (_, i) => i);
    const all = matcherOf(() => true, 1000);
    expect(createSampler().sample(logits, all).token).toBe(999);
    expect(all.masks).toBe(0);
    const even = matcherOf((id) => id % 2 === 0, 1000);
    expect(createSampler().sample(logits, even).token).toBe(998);
    expect(even.masks).toBe(1);
  });

  it("picks the best allowed token from masks of every density", () => {
    for (let seed = 0; seed < 200; seed++) {
      const size = 700 + seed;
      const random = createRandom(seed);
      const density = random.next();
      const set = new Set(Array.from({ length: size }, (_, id) => id).filter(() => random.next() < density));
      set.add(seed);
      const logits = randomLogits(size, seed);
      const best = slowDistribution(logits, { temperature: 1, topK: 1 }, (id) => set.has(id))[0]!.id;
      expect(
        createSampler().sample(
          logits,
          matcherOf((id) => set.has(id), size),
        ).token,
      ).toBe(best);
    }
  });

  it("survives infinite logits and refuses what is not a number", () => {
    const sampler = createSampler();
    const inf = Number.POSITIVE_INFINITY;
    expect(sampler.sample(Float32Array.of(1, -inf, inf, 3)).token).toBe(2);
    expect(sampler.sample(Float32Array.of(-inf, -inf, -5)).token).toBe(2);
    expect(codeOf(() => sampler.sample(Float32Array.of(1, Number.NaN, 2)))).toBe("native-failure");
    expect(codeOf(() => sampler.sample(new Float32Array(40).fill(Number.NaN, 9, 10)))).toBe("native-failure");
    expect(codeOf(() => sampler.sample(new Float32Array(9).fill(-inf)))).toBe("native-failure");
    expect(
      codeOf(() =>
        sampler.sample(
          Float32Array.of(1),
          matcherOf(() => false, 1),
        ),
      ),
    ).toBe("grammar-mismatch");
  });
});

describe("drawing", () => {
  const cases: [string, SamplingOptions][] = [
    ["nothing truncated", { topK: 0, topP: 1 }],
    ["top-k", { topK: 5, topP: 1 }],
    ["top-k and top-p", { topK: 20, topP: 0.7 }],
    ["top-p alone", { topK: 0, topP: 0.6 }],
    ["top-p 0", { topK: 0, topP: 0 }],
    ["min-p alone", { topK: 0, topP: 1, minP: 0.3 }],
    ["all three", { topK: 30, topP: 0.9, minP: 0.1 }],
    ["hot", { topK: 10, topP: 0.95, temperature: 3 }],
    ["cold", { topK: 0, topP: 0.95, temperature: 0.2 }],
    ["XTC", { topK: 30, topP: 0.99, xtc: { probability: 1, threshold: 0.05 } }],
    ["XTC on unsorted", { topK: 0, topP: 1, minP: 0.01, xtc: { probability: 1, threshold: 0.1 } }],
    [
      "penalties and bias",
      {
        topK: 8,
        repeatPenalty: { punishTokens: [1, 2, 2, 9].map(token), frequencyPenalty: 0.2, presencePenalty: 0.1 },
        tokenBias: new Map([
          [token(3), 4],
          [token(4), Number.NEGATIVE_INFINITY],
          [token(2), 1],
        ]),
      },
    ],
  ];

  it.each(cases)("draws by the distribution of the slow twin: %s", (_, given) => {
    const options: SamplingOptions = { temperature: 1, seed: 11, ...given };
    for (const [seed, allowed] of [
      [1, undefined],
      [2, (id: number) => id % 3 !== 0],
      [3, (id: number) => id % 5 === 0],
    ] as const) {
      const logits = randomLogits(600, seed);
      const before = logits.slice();
      const wanted = slowDistribution(logits, options, allowed, true);
      const grammar = allowed && matcherOf(allowed, 600);
      const counts = new Map<number, number>();
      const sampler = createSampler(options);
      const draws = 4000;
      for (let i = 0; i < draws; i++) {
        const drawn = sampler.sample(logits, grammar).token;
        counts.set(drawn, (counts.get(drawn) ?? 0) + 1);
      }
      expect(logits).toEqual(before);
      const known = new Set(wanted.map(({ id }) => id));
      for (const id of counts.keys()) expect(known.has(id), `token ${id} is possible`).toBe(true);
      expectSameDistribution(counts, wanted, draws);
    }
  });

  it("repeats itself with a seed, differs with another, and a clone goes on alike", () => {
    const logits = randomLogits(2000, 5);
    const run = (seed: number) => {
      const sampler = createSampler({ temperature: 1.5, topK: 0, topP: 1, seed });
      return Array.from({ length: 50 }, () => sampler.sample(logits).token);
    };
    expect(run(7)).toEqual(run(7));
    expect(run(7)).not.toEqual(run(8));
    expect(run(2 ** 32 + 7)).toEqual(run(7));
    const sampler = createSampler({ temperature: 1.5, seed: 1 });
    for (let i = 0; i < 10; i++) sampler.sample(logits);
    const copy = sampler.clone();
    const rest = Array.from({ length: 50 }, () => sampler.sample(logits).token);
    expect(Array.from({ length: 50 }, () => copy.sample(logits).token)).toEqual(rest);
  });

  it("refuses NaN and survives infinities", () => {
    const inf = Number.POSITIVE_INFINITY;
    for (const options of [{}, { topK: 0 }, { topK: 0, topP: 1 }, { topK: 0, topP: 1, minP: 0.1 }]) {
      const sampler = createSampler({ temperature: 1, ...options });
      expect(codeOf(() => sampler.sample(new Float32Array(99).fill(Number.NaN, 50, 51)))).toBe(
        "native-failure",
      );
      expect(codeOf(() => sampler.sample(new Float32Array(99).fill(-inf)))).toBe("native-failure");
      const one = new Float32Array(99).fill(1);
      one[42] = inf;
      one[43] = -inf;
      expect(sampler.sample(one).token).toBe(42);
    }
  });

  it("handles a vocabulary of 262,144 tokens", () => {
    const logits = randomLogits(262_144, 3);
    for (const options of [{ topK: 40 }, { topK: 0, topP: 0.9 }, { topK: 0, topP: 1 }]) {
      const possible = slowSupport(logits, options);
      const sampler = createSampler({ temperature: 1, seed: 3, ...options });
      for (let i = 0; i < 3; i++) expect(possible.has(sampler.sample(logits).token)).toBe(true);
    }
    expect(createSampler().sample(logits).token).toBe(
      logits.indexOf(logits.reduce((a, b) => Math.max(a, b))),
    );
  });
});

describe("bias against grammar", () => {
  it("forbids a token, unless the grammar allows nothing else", () => {
    const logits = Float32Array.of(1, 5, 3);
    for (const temperature of [0, 1]) {
      const options = { temperature, topK: 1, tokenBias: new Map([[token(1), Number.NEGATIVE_INFINITY]]) };
      expect(createSampler(options).sample(logits).token).toBe(2);
      expect(
        createSampler(options).sample(
          logits,
          matcherOf((id) => id === 1, 3),
        ).token,
      ).toBe(1);
    }
    expect([...logits]).toEqual([1, 5, 3]);
  });

  it("restores the logits when a callback throws", () => {
    const logits = Float32Array.of(1, 5, 3);
    const sampler = createSampler({
      repeatPenalty: { punishTokens: [token(1)] },
      tokenBias: () => {
        throw new Error("no");
      },
    });
    expect(() => sampler.sample(logits)).toThrow("no");
    expect([...logits]).toEqual([1, 5, 3]);
  });
});

describe("log probabilities", () => {
  it("are the log-softmax of the unchanged logits", () => {
    const logits = randomLogits(300, 9);
    const sampler = createSampler({ tokenBias: new Map([[token(17), 100]]) });
    const { token: chosen, logprobs } = sampler.sample(logits, undefined, { logprobs: 5 });
    expect(chosen).toBe(17);
    const all = slowDistribution(logits, { temperature: 1, topK: 0, topP: 1 });
    expect(logprobs!.top.map(([id]) => id)).toEqual(all.slice(0, 5).map(({ id }) => id));
    for (const [i, [, value]] of logprobs!.top.entries())
      expect(value).toBeCloseTo(Math.log(all[i]!.probability), 9);
    expect(logprobs!.token).toBeCloseTo(Math.log(all.find(({ id }) => id === 17)!.probability), 9);
    expect(sampler.sample(logits).logprobs).toBeUndefined();
  });
});

function codeOf(action: () => unknown): string | undefined {
  try {
    action();
  } catch (error) {
    return error instanceof ColloquyError ? error.code : String(error);
  }
  return undefined;
}

/** The tokens that may be drawn, without spreading 262,144 arguments. */
function slowSupport(logits: Float32Array, { topK, topP }: { topK: number; topP?: number }): Set<number> {
  const order = Array.from(logits, (_, id) => id).sort((a, b) => logits[b]! - logits[a]! || a - b);
  const list = topK > 0 ? order.slice(0, topK) : order;
  const weights = list.map((id) => Math.exp(logits[id]!));
  const total = weights.reduce((a, b) => a + b, 0);
  let sum = 0;
  const end = weights.findIndex((weight) => (sum += weight) >= (topP ?? 0.95) * total);
  return new Set(end < 0 ? list : list.slice(0, end + 1));
}

/** Pearson's chi-square test at about four standard deviations; rare tokens are put into one class. */
function expectSameDistribution(
  counts: ReadonlyMap<number, number>,
  wanted: readonly { id: number; probability: number }[],
  draws: number,
): void {
  let statistic = 0;
  let classes = 0;
  let rareCount = 0;
  let rareProbability = 0;
  const add = (count: number, probability: number) => {
    statistic += (count - probability * draws) ** 2 / (probability * draws);
    classes++;
  };
  for (const { id, probability } of wanted) {
    if (probability * draws >= 8) add(counts.get(id) ?? 0, probability);
    else {
      rareCount += counts.get(id) ?? 0;
      rareProbability += probability;
    }
  }
  if (rareProbability * draws >= 8) add(rareCount, rareProbability);
  const freedom = Math.max(1, classes - 1);
  expect(statistic).toBeLessThan(freedom + 4 * Math.sqrt(2 * freedom) + 4);
}

/** Each step as its definition says it, on lists of pairs with full sorts. For tests. */
interface SlowCandidate {
  readonly id: number;
  readonly logit: number;
}

/** Which tokens a draw may choose from, and with which probability. Best first, lowest id among equals. */
function slowDistribution(
  logits: ArrayLike<number>,
  options: SamplingOptions,
  allowed: (id: number) => boolean = () => true,
  xtcStrikes = false,
): { id: number; probability: number }[] {
  const sampling = resolveSamplingOptions(options);
  const adjusted = slowAdjust(logits, sampling);
  let list: SlowCandidate[] = Array.from(adjusted, (logit, id) => ({ id, logit }))
    .filter(({ id, logit }) => allowed(id) && logit !== Number.NEGATIVE_INFINITY)
    .sort((a, b) => b.logit - a.logit || a.id - b.id);
  if (sampling.topK > 0) list = list.slice(0, sampling.topK);
  if (sampling.topP < 1) {
    const probabilities = softmax(list, 1);
    let sum = 0;
    const end = probabilities.findIndex((p) => (sum += p) >= sampling.topP);
    if (end >= 0) list = list.slice(0, end + 1);
  }
  if (sampling.minP > 0) {
    const probabilities = softmax(list, 1);
    list = list.filter((_, i) => probabilities[i]! >= sampling.minP * probabilities[0]! * (1 - 1e-12));
  }
  if (xtcStrikes && sampling.xtc !== undefined) {
    const { threshold } = sampling.xtc;
    const above = softmax(list, 1).filter((p) => p >= threshold).length;
    if (above > 1) list = list.slice(above - 1);
  }
  const probabilities = softmax(list, sampling.temperature);
  return list.map(({ id }, i) => ({ id, probability: probabilities[i]! }));
}

function slowAdjust(logits: ArrayLike<number>, sampling: ResolvedSampling): number[] {
  const adjusted = Array.from(logits);
  const { repeatPenalty, tokenBias } = sampling;
  if (repeatPenalty !== undefined) {
    const punished = repeatPenalty.punishTokens();
    for (const token of new Set(punished)) {
      const times = punished.filter((other) => other === token).length;
      const logit = adjusted[token]!;
      adjusted[token] = Math.fround(
        (logit <= 0 ? logit * repeatPenalty.penalty : logit / repeatPenalty.penalty) -
          times * repeatPenalty.frequencyPenalty -
          repeatPenalty.presencePenalty,
      );
    }
  }
  if (tokenBias !== undefined)
    for (const [token, bias] of tokenBias()) adjusted[token] = Math.fround(adjusted[token]! + bias);
  return adjusted;
}

function softmax(list: readonly SlowCandidate[], temperature: number): number[] {
  const highest = Math.max(...list.map(({ logit }) => logit));
  const weights = list.map(({ logit }) => Math.exp((logit - highest) / temperature));
  const total = weights.reduce((sum, weight) => sum + weight, 0);
  return weights.map((weight) => weight / total);
}

/** Logits that look like a model's: mostly a wide bell, with some equal values. */
function randomLogits(size: number, seed: number): Float32Array {
  const random = createRandom(seed);
  const logits = new Float32Array(size);
  for (let i = 0; i < size; i++) {
    const bell = random.next() + random.next() + random.next() + random.next() - 2;
    logits[i] = random.next() < 0.1 ? Math.round(bell * 6) : bell * 6;
  }
  return logits;
}
