import { describe, expect, it } from "vitest";
import { ColloquyError } from "../../base/errors.ts";
import type { Token, Tokenizer } from "../token.ts";
import type { SamplingOptions } from "./options.ts";
import { resolveSamplingOptions } from "./resolve-sampling-options.ts";
import { TokenBias } from "./token-bias.ts";

const tokenizer = Object.assign(
  (text: string, _special?: boolean, options?: "trimLeadingSpace") =>
    [...(options === undefined ? ` ${text}` : text)].map((character) => character.charCodeAt(0) as Token),
  { detokenize: () => "", isSpecialToken: () => false, isEogToken: (token?: Token) => token === 122 },
) as Tokenizer;

describe("resolveSamplingOptions", () => {
  it("fills in the defaults and leaves out what is off", () => {
    expect(resolveSamplingOptions({ seed: 5 })).toEqual({
      temperature: 0,
      topK: 40,
      topP: 0.95,
      minP: 0,
      seed: 5,
      xtc: undefined,
      repeatPenalty: undefined,
      dryRepeatPenalty: undefined,
      tokenBias: undefined,
    });
    const resolved = resolveSamplingOptions({
      topK: -1,
      xtc: { probability: 0, threshold: 0.1 },
      repeatPenalty: { punishTokens: [], penalty: 1 },
      dryRepeatPenalty: { strength: 0 },
    });
    expect(resolved).toMatchObject({ topK: 0, xtc: undefined, repeatPenalty: undefined });
    expect(resolved.dryRepeatPenalty).toBeUndefined();
    expect(resolved.seed).toBeGreaterThanOrEqual(0);
    expect(resolveSamplingOptions({ topK: Number.POSITIVE_INFINITY }).topK).toBeGreaterThan(1e9);
    expect(resolveSamplingOptions({ dryRepeatPenalty: { strength: 1 } }).dryRepeatPenalty).toEqual({
      strength: 1,
      base: 1.75,
      allowedLength: 2,
      lastTokens: 65_536,
      sequenceBreakers: ["\n", ":", '"', "*"],
    });
    const punish = resolveSamplingOptions({ repeatPenalty: { punishTokens: [3 as Token] } }).repeatPenalty!;
    expect(punish).toMatchObject({ penalty: 1.1, frequencyPenalty: 0, presencePenalty: 0 });
    expect(punish.punishTokens()).toEqual([3]);
  });

  const bad: [string, unknown][] = [
    ["options", 3],
    ["temperature", { temperature: "1" }],
    ["temperature", { temperature: -0.1 }],
    ["temperature", { temperature: Number.NaN }],
    ["topK", { topK: 1.5 }],
    ["topP", { topP: 1.01 }],
    ["minP", { minP: -1 }],
    ["seed", { seed: -1 }],
    ["seed", { seed: 0.5 }],
    ["xtc", { xtc: 1 }],
    ["xtc", { xtc: { probability: 1 } }],
    ["xtc.threshold", { xtc: { probability: 1, threshold: 2 } }],
    ["repeatPenalty", { repeatPenalty: 1.1 }],
    ["punishTokens", { repeatPenalty: {} }],
    ["repeatPenalty.penalty", { repeatPenalty: { punishTokens: [], penalty: 0 } }],
    ["frequencyPenalty", { repeatPenalty: { punishTokens: [], frequencyPenalty: "x" } }],
    ["dryRepeatPenalty", { dryRepeatPenalty: true }],
    ["strength", { dryRepeatPenalty: { strength: -1 } }],
    ["allowedLength", { dryRepeatPenalty: { strength: 1, allowedLength: 0 } }],
    ["lastTokens", { dryRepeatPenalty: { strength: 1, lastTokens: -1 } }],
    ["sequenceBreakers", { dryRepeatPenalty: { strength: 1, sequenceBreakers: [1] } }],
    ["tokenBias", { tokenBias: { 1: 2 } }],
    ["tokenBias", { tokenBias: new Map([[1, Number.NaN]]) }],
  ];
  it.each(bad)("refuses a wrong %s by name: %j", (name, options) => {
    let error: unknown;
    try {
      resolveSamplingOptions(options as SamplingOptions);
    } catch (caught) {
      error = caught;
    }
    expect(error).toBeInstanceOf(ColloquyError);
    expect((error as ColloquyError).code).toBe("invalid-argument");
    expect((error as ColloquyError).message).toContain(name);
  });

  it("takes a bias as it is at the time of the sample", () => {
    const bias = TokenBias.for(tokenizer).set(5 as Token, "never");
    const direct = resolveSamplingOptions({ tokenBias: bias }).tokenBias!;
    const late = resolveSamplingOptions({ tokenBias: () => bias }).tokenBias!;
    bias.set(6 as Token, { logit: 2 });
    for (const read of [direct, late])
      expect([...read()]).toEqual([
        [5, Number.NEGATIVE_INFINITY],
        [6, 2],
      ]);
    const wrong = resolveSamplingOptions({ tokenBias: (() => new Map()) as never }).tokenBias!;
    expect(wrong).toThrow("must return a TokenBias");
  });
});

describe("TokenBias", () => {
  it("biases every token of a text, with and without a leading space, but none that ends a generation", () => {
    const bias = TokenBias.for({ tokenizer }).set("abz", 0.5);
    expect([...bias.logits.keys()].sort((a, b) => a - b)).toEqual([32, 97, 98]);
    expect(bias.logits.get(97 as Token)).toBeCloseTo(Math.log(2));
    expect(bias.tokenizer).toBe(tokenizer);
    const text = { tokenize: () => [40 as Token] };
    expect([...TokenBias.for(tokenizer).set(text, 0).logits]).toEqual([[40, 0]]);
    expect([
      ...TokenBias.for(tokenizer)
        .set([1, 2] as Token[], { logit: 3 })
        .logits.values(),
    ]).toEqual([3, 3]);
  });

  it("turns -1 to 1 into weights, monotonously", () => {
    const logit = (value: number) =>
      TokenBias.for(tokenizer)
        .set(1 as Token, value)
        .logits.get(1 as Token)!;
    expect(logit(-1)).toBe(Number.NEGATIVE_INFINITY);
    expect(logit(-0.5)).toBeCloseTo(Math.log(0.5));
    expect(logit(0.9)).toBeCloseTo(Math.log(10));
    expect(logit(1)).toBe(Number.POSITIVE_INFINITY);
    for (let value = -1; value < 1; value += 0.125) expect(logit(value)).toBeLessThan(logit(value + 0.125));
  });

  it.each([2, -1.5, Number.NaN, "always", { logit: "1" }, null, undefined])("refuses %j", (value) => {
    expect(() => TokenBias.for(tokenizer).set(1 as Token, value as never)).toThrow("token bias");
  });
});
