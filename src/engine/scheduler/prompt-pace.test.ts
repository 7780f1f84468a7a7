import { expect, test } from "vitest";
import { PromptPace } from "./prompt-pace.ts";

/** A machine on which a batch takes a fixed time and so much for every token. */
interface Machine {
  readonly batchMs: number;
  readonly tokenMs: number;
}

const takes = ({ batchMs, tokenMs }: Machine, tokens: number) => batchMs + tokens * tokenMs;

/** Four replies run, and a prompt is read beside them. */
function learned(machine: Machine, besideMax = 64): PromptPace {
  const pace = new PromptPace(besideMax, 512);
  for (let round = 0; round < 40; round++) {
    pace.report(4, 0, takes(machine, 4));
    const { beside } = pace.parts(4);
    pace.report(4, beside, takes(machine, 4 + beside));
  }
  return pace;
}

test.each([
  { batchMs: 20, tokenMs: 6 },
  { batchMs: 100, tokenMs: 6 },
  { batchMs: 40, tokenMs: 2.5 },
])(
  "a batch with part of a prompt takes less than three steps ($batchMs ms and $tokenMs ms a token)",
  (machine) => {
    const { beside } = learned(machine).parts(4);
    expect(beside).toBeGreaterThanOrEqual(4);
    expect(takes(machine, 4 + beside) / takes(machine, 4)).toBeLessThanOrEqual(2.7);
  },
);

test("fast machines take as much as makes a gap that nobody minds", () => {
  const machine = { batchMs: 4, tokenMs: 1.2 };
  const { beside } = learned(machine).parts(4);
  expect(takes(machine, 4 + beside)).toBeGreaterThan(45);
  expect(takes(machine, 4 + beside)).toBeLessThan(60);
});

test("the part is never smaller than is sensible nor larger than allowed", () => {
  expect(learned({ batchMs: 1, tokenMs: 500 }).parts(4).beside).toBeLessThan(8);
  const slow = new PromptPace(64, 512);
  slow.report(4, 0, 10);
  slow.report(4, 16, 4000);
  expect(slow.parts(4).beside).toBe(2);
  expect(learned({ batchMs: 100, tokenMs: 0.1 }).parts(4).beside).toBe(64);
  expect(learned({ batchMs: 1, tokenMs: 5 }, 4).parts(4).beside).toBeLessThanOrEqual(4);
});

test("it follows a machine that becomes slower, and one disturbed batch changes little", () => {
  const pace = learned({ batchMs: 8, tokenMs: 0.2 });
  const before = pace.parts(4).beside;
  pace.report(4, before, 1000);
  expect(pace.parts(4).beside).toBeGreaterThan(before / 2);
  for (let round = 0; round < 40; round++)
    pace.report(4, pace.parts(4).beside, 8 + pace.parts(4).beside * 1.5);
  expect(pace.parts(4).beside).toBeLessThan(before);
});

test("before anything is known it is careful, and prompts alone teach it", () => {
  const pace = new PromptPace(64, 512);
  expect(pace.parts(3)).toEqual({ beside: 16, alone: 512 });
  pace.report(0, 100, 100);
  pace.report(3, 0, 25);
  expect(pace.parts(3).beside).toBe(54);
});

test("a batch of prompts alone is as large as one second allows, and never tiny", () => {
  const alone = (tokenMs: number) => {
    const pace = new PromptPace(64, 512);
    pace.report(0, 512, 512 * tokenMs);
    return pace.parts(0).alone;
  };
  expect(alone(1.3)).toBe(512);
  expect(alone(4)).toBe(250);
  expect(alone(60)).toBe(128);
  const small = new PromptPace(64, 64);
  small.report(0, 64, 6400);
  expect(small.parts(0).alone).toBe(64);
});
