import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { ObjectReader } from "../http/object-reader.ts";
import { readSampling } from "./read-sampling.ts";

const read = (body: object) =>
  readSampling(new ObjectReader(body), { model: new FakeModel(), contextSize: 100 });

describe("the temperature of a request", () => {
  test.each([
    ["is 0 where nothing is said", {}, 0],
    ["is 0 for one reply", { n: 1, stop: "a", max_tokens: 3, logprobs: true }, 0],
    ["is what is asked for", { temperature: 0.4, n: 3 }, 0.4],
    ["is 1 where several replies are asked for", { n: 2 }, 1],
    ["is 1 with top_p", { top_p: 0.9 }, 1],
    ["is 1 with top_k", { top_k: 5 }, 1],
    ["is 1 with min_p", { min_p: 0.1 }, 1],
    ["is 1 with a seed", { seed: 3 }, 1],
    ["stays 0 when it is 0", { temperature: 0, seed: 3 }, 0],
  ])("%s", (_name, body, temperature) => {
    expect(read(body).temperature).toBe(temperature);
  });

  test("top_p is 1 where it is not given", () => {
    expect(read({}).topP).toBe(1);
    expect(read({ top_p: null }).temperature).toBe(0);
  });
});

test("seeds may be negative, and a bias of -100 bans a token", () => {
  expect(read({ seed: -1 }).seed).toBeGreaterThan(0);
  expect(read({ seed: -1 }).seed).not.toBe(read({ seed: -2 }).seed);
  expect(read({ logit_bias: { 97: -100, 98: 5 } }).tokenBias).toEqual(
    new Map([
      [97, Number.NEGATIVE_INFINITY],
      [98, 5],
    ]),
  );
});
