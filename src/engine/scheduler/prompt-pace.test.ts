import { expect, test } from "vitest";
import { PromptPace } from "./prompt-pace.ts";

/** A machine on which a step takes `stepMs` and a token of a prompt `tokenMs`. */
function learned(stepMs: number, tokenMs: number, chunkMax = 64): PromptPace {
  const pace = new PromptPace(chunkMax);
  for (let round = 0; round < 40; round++) {
    pace.report(4, 0, stepMs);
    const { chunk } = pace;
    pace.report(4, chunk, stepMs + chunk * tokenMs);
  }
  return pace;
}

test.each([
  [8, 0.8],
  [20, 1.2],
  [12, 0.5],
])(
  "a batch with part of a prompt takes less than three steps (step %d ms, token %d ms)",
  (stepMs, tokenMs) => {
    const { chunk } = learned(stepMs, tokenMs);
    expect(chunk).toBeGreaterThanOrEqual(8);
    expect((stepMs + chunk * tokenMs) / stepMs).toBeLessThanOrEqual(3);
  },
);

test("the part is never smaller than is sensible nor larger than allowed", () => {
  expect(learned(1, 5).chunk).toBe(8);
  expect(learned(100, 0.1).chunk).toBe(64);
  expect(learned(1, 5, 4).chunk).toBe(4);
});

test("it follows a machine that becomes slower", () => {
  const pace = learned(8, 0.2);
  const before = pace.chunk;
  for (let round = 0; round < 40; round++) pace.report(4, pace.chunk, 8 + pace.chunk * 1.5);
  expect(pace.chunk).toBeLessThan(before);
});

test("prompts alone teach the pace as well", () => {
  const pace = new PromptPace(64);
  pace.report(0, 100, 100);
  pace.report(3, 0, 10);
  expect(pace.chunk).toBe(17);
});
