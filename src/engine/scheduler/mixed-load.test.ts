import { expect, test } from "vitest";
import { FakeDecoder, turns } from "../../../test/fake/fake-decoder.ts";
import { Scheduler } from "./scheduler.ts";

const request = (sequence: number, length: number, position: number) => ({
  sequence,
  tokens: Array.from({ length }, (_, index) => index),
  position,
  priority: 5,
  outputs: 1,
});

/** Replies run while a prompt is read, on a machine whose time is simulated. */
async function mixedLoad(
  replyCount: number,
  {
    batchMs = 17,
    stepTokenMs = 6.5,
    promptTokenMs = stepTokenMs,
    isLate = () => false,
  }: {
    batchMs?: number;
    stepTokenMs?: number;
    promptTokenMs?: number;
    isLate?: (step: number) => boolean;
  } = {},
) {
  const newcomer = 9;
  let clock = 0;
  const decoder = new FakeDecoder(512);
  const threads = { threads: 2, afterDecode: () => 2 };
  const scheduler = new Scheduler(decoder, { promptChunkMax: 64, threads, now: () => clock });
  decoder.onDecoded = (batch) => {
    clock += batchMs;
    for (const { sequence } of batch) clock += sequence === newcomer ? promptTokenMs : stepTokenMs;
  };
  const gaps: { ms: number; beside: boolean }[] = [];
  let newcomerMs = Number.NaN;
  let running = true;
  const reply = async (sequence: number) => {
    let last = clock;
    for (let position = 0; running; position++) {
      await scheduler.evaluate(request(sequence, 1, position));
      if (position > 20) gaps.push({ ms: clock - last, beside: Number.isNaN(newcomerMs) && arrived });
      last = clock;
      if (isLate(position)) await turns(1);
    }
  };
  let arrived = false;
  const replies = Array.from({ length: replyCount }, (_, sequence) => reply(sequence));
  await turns(200);
  arrived = true;
  const arrival = clock;
  await scheduler.evaluate(request(newcomer, 2000, 0));
  newcomerMs = clock - arrival;
  running = false;
  await Promise.all(replies);
  const sorted = (beside: boolean) =>
    gaps
      .filter((gap) => gap.beside === beside)
      .map(({ ms }) => ms)
      .sort((a, b) => a - b);
  const [before, during] = [sorted(false), sorted(true)];
  const p99Ms = during[Math.floor(0.99 * during.length)]!;
  return {
    p99Ms,
    p99Share: p99Ms / before[before.length >> 1]!,
    newcomerShare: newcomerMs / (4 * batchMs + 2000 * promptTokenMs),
  };
}

test("a prompt beside four replies: their gaps stay within three steps, and it does not take for ever", async () => {
  const { p99Share, newcomerShare } = await mixedLoad(4);
  expect(p99Share).toBeLessThan(3);
  expect(newcomerShare).toBeLessThan(2.5);
});

test("the same where only a few tokens of the prompt fit beside a step", async () => {
  expect((await mixedLoad(4, { promptTokenMs: 25 })).p99Share).toBeLessThan(3);
});

test("where steps take a few milliseconds, the gaps may be as long as nobody minds", async () => {
  const { p99Ms, newcomerShare } = await mixedLoad(4, { batchMs: 3.4, stepTokenMs: 1.3, promptTokenMs: 3 });
  expect(p99Ms).toBeLessThan(60);
  expect(newcomerShare).toBeLessThan(1.5);
});

test("a reply whose listener is late by a turn does not wait for a whole batch of the prompt", async () => {
  const { p99Share } = await mixedLoad(1, { isLate: (step) => step % 3 === 0 });
  // It waits for two small batches: the one that it missed, and its own.
  expect(p99Share).toBeLessThan(4.7);
});
