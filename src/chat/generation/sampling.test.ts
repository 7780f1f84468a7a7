import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import type { Token } from "../../engine/token.ts";
import type { TextSamplingOptions } from "./options.ts";
import { resolveSampling } from "./sampling.ts";

const model = new FakeModel();
const reply = model.tokenize("aa\nbc");
const penalty = (repeatPenalty: TextSamplingOptions["repeatPenalty"]) => {
  const resolved = resolveSampling({ repeatPenalty }, () => reply, model).repeatPenalty;
  const tokens = resolved?.punishTokens;
  return resolved && { ...resolved, punishTokens: typeof tokens === "function" ? tokens() : tokens };
};
const text = (tokens: readonly Token[] | undefined) => model.detokenize(tokens ?? []);

describe("resolveSampling", () => {
  test("punishes nothing unless a strength is given", () => {
    expect(penalty(undefined)).toBeUndefined();
    expect(penalty(false)).toBeUndefined();
    expect(penalty({ lastTokens: 10 })).toBeUndefined();
    expect(penalty({ penalty: 1.1, lastTokens: 0 })).toBeUndefined();
  });

  test("punishes the reply's last tokens, each strength on its own", () => {
    const resolved = penalty({ penalty: 1.1, lastTokens: 3 });
    expect(resolved).toMatchObject({ penalty: 1.1, frequencyPenalty: 0, presencePenalty: 0 });
    expect(text(resolved?.punishTokens)).toBe("bc");
    expect(penalty({ frequencyPenalty: 0.02 })).toMatchObject({ penalty: 1, frequencyPenalty: 0.02 });
    expect(penalty({ presencePenalty: 0.02 })).toMatchObject({ penalty: 1, presencePenalty: 0.02 });
  });

  test("new lines only when asked for, and what the filter leaves", () => {
    expect(text(penalty({ penalty: 2 })?.punishTokens)).toBe("aabc");
    expect(text(penalty({ penalty: 2, penalizeNewLine: true })?.punishTokens)).toBe("aa\nbc");
    const punishTokensFilter = (tokens: Token[]) =>
      tokens.filter((token) => model.detokenize([token]) !== "a");
    expect(text(penalty({ penalty: 2, punishTokensFilter })?.punishTokens)).toBe("bc");
  });

  test("hands everything else on", () => {
    const options = {
      temperature: 0.8,
      topK: 3,
      topP: 0.5,
      minP: 0.1,
      seed: 7,
      xtc: { probability: 1, threshold: 0.1 },
    };
    expect(resolveSampling(options, () => [], model)).toMatchObject(options);
  });
});
