import { describe, expect, test } from "vitest";
import { seededRandom } from "../../../test/fake/seeded-random.ts";
import { DraftPolicy, draftTokensMax } from "./draft-policy.ts";

interface Machine {
  /** Milliseconds of a step without a draft. */
  readonly stepMs: number;
  /** Part of a step that a drafted token adds. */
  readonly perToken: number;
  /** How often a drafted token is right when those before it were. */
  readonly acceptance: number;
}

/** Writes so many tokens and returns how fast that was, relative to a machine that never drafts. */
function speed(machineAt: (token: number) => Machine, tokens: number, seed = 1, noise = 0.05): number {
  const random = seededRandom(seed);
  const policy = new DraftPolicy();
  let written = 0;
  let ms = 0;
  let plainMs = 0;
  while (written < tokens) {
    const { stepMs, perToken, acceptance } = machineAt(written);
    const drafted = policy.choose(draftTokensMax);
    const cost = stepMs * (1 + drafted * perToken) * (1 + noise * (random() - 0.5));
    let accepted = 0;
    while (accepted < drafted && random() < acceptance) accepted++;
    if (drafted === 0) policy.reportSingle(cost);
    else policy.reportDraft(drafted, accepted, cost);
    written += accepted + 1;
    ms += cost;
    plainMs += (accepted + 1) * stepMs;
  }
  return plainMs / ms;
}

const perTokenCosts = [0.02, 0.1, 0.25, 0.5, 1];
const acceptances = [0, 0.1, 0.3, 0.5, 0.7, 0.9, 1];

describe.each(perTokenCosts)("a drafted token adds %f of a step", (perToken) => {
  test.each(acceptances)("and is right in %f of the cases", (acceptance) => {
    for (const seed of [1, 2, 3])
      expect(speed(() => ({ stepMs: 20, perToken, acceptance }), 3000, seed)).toBeGreaterThan(0.98);
  });
});

test("where drafts are right and cheap they pay", () => {
  expect(speed(() => ({ stepMs: 20, perToken: 0.05, acceptance: 0.95 }), 2000)).toBeGreaterThan(2);
  expect(speed(() => ({ stepMs: 20, perToken: 0.1, acceptance: 0.8 }), 2000)).toBeGreaterThan(1.5);
});

test("texts and machines that change midway", () => {
  const random = seededRandom(5);
  const pick = <T>(list: readonly T[]) => list[Math.floor(random() * list.length)]!;
  for (let round = 0; round < 40; round++) {
    const parts = [0, 1, 2].map(() => ({
      stepMs: pick([5, 20, 80]),
      perToken: pick(perTokenCosts),
      acceptance: pick(acceptances),
    }));
    const gained = speed((token) => parts[Math.min(2, Math.floor(token / 3000))]!, 9000, round);
    expect(gained, JSON.stringify(parts)).toBeGreaterThan(0.98);
  }
});

test("a step that gets five times cheaper is noticed although every step drafts", () => {
  const gained = speed(
    (token) =>
      token < 2000
        ? { stepMs: 100, perToken: 0.05, acceptance: 0.95 }
        : { stepMs: 20, perToken: 0.5, acceptance: 0.3 },
    8000,
  );
  expect(gained).toBeGreaterThan(0.98);
});

test("nothing is drafted before a single step was measured, nor without proposals", () => {
  const policy = new DraftPolicy();
  expect(policy.choose(5)).toBe(0);
  policy.reportSingle(10);
  expect(policy.choose(0)).toBe(0);
  expect(policy.choose(3)).toBeGreaterThan(0);
  expect(policy.choose(3)).toBeLessThanOrEqual(3);
  expect(policy.choose(1000)).toBeLessThanOrEqual(draftTokensMax);
});
