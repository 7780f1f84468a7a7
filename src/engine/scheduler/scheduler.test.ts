import { expect, test } from "vitest";
import { FakeDecoder, turns } from "../../../test/fake/fake-decoder.ts";
import { seededRandom } from "../../../test/fake/seeded-random.ts";
import { type EvaluationRequest, Scheduler, type SchedulerOptions } from "./scheduler.ts";

const steady = { threads: 2, afterDecode: () => 2 };

function setup(options: Partial<SchedulerOptions> = {}, batchSize = 64) {
  const decoder = new FakeDecoder(batchSize);
  const scheduler = new Scheduler(decoder, {
    promptChunkMax: 16,
    threads: steady,
    ...options,
  });
  return { decoder, scheduler };
}

function request(sequence: number, length: number, more: Partial<EvaluationRequest> = {}): EvaluationRequest {
  const tokens = Array.from({ length }, (_, index) => 1000 * (sequence + 1) + index);
  return { sequence, tokens, position: 0, priority: 5, outputs: 0, ...more };
}

/** How a promise ended: `"ok"` or the error's code or message. */
const ending = (promise: Promise<unknown>) =>
  promise.then(
    () => "ok",
    (error) => error.code ?? error.message,
  );

test("a prompt is evaluated in order, in chunks of the batch, and logits are read once, at its end", async () => {
  const { decoder, scheduler } = setup();
  const progress: number[] = [];
  const logits: number[] = [];
  await scheduler.evaluate(
    request(0, 150, {
      outputs: 1,
      onProgress: (evaluated) => progress.push(evaluated),
      onLogits: (row) => logits.push(row(0)[0]!),
    }),
  );
  expect(decoder.batches.map((batch) => batch.length)).toEqual([64, 64, 22]);
  expect(decoder.cells.get(0)).toEqual(request(0, 150).tokens);
  expect(progress).toEqual([64, 128, 150]);
  expect(logits).toEqual([1149]);
  expect(scheduler.stats).toMatchObject({ decodes: 3, tokens: 150, batchTokensMax: 64, queued: 0 });
});

test("a long forced run with a draft behind it has all its rows although somebody streams", async () => {
  const { decoder, scheduler } = setup();
  const rows: number[] = [];
  const run = scheduler.evaluate(
    request(0, 17, {
      outputs: 4,
      onLogits: (row) => {
        for (let index = 0; index < 4; index++) rows.push(row(index)[0]!);
      },
    }),
  );
  await Promise.all([run, scheduler.evaluate(request(1, 1))]);
  expect(decoder.batches.length).toBeGreaterThan(1);
  expect(rows).toEqual([1013, 1014, 1015, 1016]);
});

test("steps of all sequences share one batch", async () => {
  const { decoder, scheduler } = setup();
  await Promise.all([0, 1, 2].map((sequence) => scheduler.evaluate(request(sequence, 1))));
  expect(decoder.batches.map((batch) => batch.map(({ sequence }) => sequence))).toEqual([[0, 1, 2]]);
});

test("a thousand prompts stay in order, one more than the queue takes is refused", async () => {
  const { scheduler } = setup({ queueMax: 1000 });
  const finished: number[] = [];
  const all = Array.from({ length: 1000 }, (_, index) =>
    scheduler.evaluate(request(index, 20)).then(() => finished.push(index)),
  );
  expect(scheduler.stats.queued).toBe(1000);
  expect(await ending(scheduler.evaluate(request(1000, 20)))).toBe("queue-full");
  await Promise.all(all);
  expect(finished).toEqual(Array.from({ length: 1000 }, (_, index) => index));
  expect(await ending(scheduler.evaluate(request(1000, 20)))).toBe("ok");
});

test("an evaluation without tokens is refused and disturbs nobody", async () => {
  const { scheduler } = setup();
  const other = scheduler.evaluate(request(1, 3));
  expect(() => scheduler.evaluate(request(0, 0))).toThrow("without tokens");
  expect(await ending(other)).toBe("ok");
});

test("an abort before, while waiting, and afterwards", async () => {
  const { decoder, scheduler } = setup();
  expect(await ending(scheduler.evaluate(request(0, 3, { signal: AbortSignal.abort() })))).toBe("aborted");
  const waiting = new AbortController();
  const job = scheduler.evaluate(request(0, 3, { signal: waiting.signal }));
  waiting.abort();
  expect(await ending(job)).toBe("aborted");
  await turns();
  expect(decoder.batches).toEqual([]);
  const late = new AbortController();
  await scheduler.evaluate(request(0, 3, { signal: late.signal }));
  late.abort();
  expect(decoder.aborts).toBe(0);
  expect(scheduler.stats.queued).toBe(0);
});

test("an abort during the batch keeps what was finished", async () => {
  const { decoder, scheduler } = setup();
  decoder.held = true;
  decoder.outcomes.push(10);
  const controller = new AbortController();
  const progress: number[] = [];
  const job = scheduler.evaluate(
    request(0, 40, { signal: controller.signal, onProgress: (evaluated) => progress.push(evaluated) }),
  );
  await turns(2);
  controller.abort();
  expect(await ending(job)).toBe("aborted");
  expect(decoder.aborts).toBe(1);
  expect(progress).toEqual([10]);
  expect(decoder.cells.get(0)).toHaveLength(10);
});

test("where a memory cannot be cut, an abort tells that everything is lost", async () => {
  const { decoder, scheduler } = setup();
  decoder.held = true;
  decoder.outcomes.push(10);
  const controller = new AbortController();
  const log: string[] = [];
  const job = scheduler.evaluate(
    request(0, 40, {
      signal: controller.signal,
      onProgress: () => log.push("progress"),
      onLost: () => log.push("lost"),
    }),
  );
  await turns(2);
  controller.abort();
  expect(await ending(job)).toBe("aborted");
  expect(log).toEqual(["lost"]);
});

test("one of several jobs aborted: the batch runs to its end, the others do not notice", async () => {
  const { decoder, scheduler } = setup();
  decoder.held = true;
  const controller = new AbortController();
  const aborted = ending(scheduler.evaluate(request(0, 4, { signal: controller.signal })));
  const other = ending(scheduler.evaluate(request(1, 4)));
  await turns(2);
  controller.abort();
  expect(decoder.aborts).toBe(0);
  decoder.finish();
  expect(await aborted).toBe("aborted");
  expect(await other).toBe("ok");
});

test("the batch is cut short when the last of its jobs is aborted", async () => {
  const { decoder, scheduler } = setup();
  decoder.held = true;
  const controllers = [new AbortController(), new AbortController()];
  const jobs = controllers.map(({ signal }, index) =>
    ending(scheduler.evaluate(request(index, 4, { signal }))),
  );
  await turns(2);
  controllers[0]!.abort();
  expect(decoder.aborts).toBe(0);
  controllers[1]!.abort();
  expect(decoder.aborts).toBe(1);
  expect(await Promise.all(jobs)).toEqual(["aborted", "aborted"]);
});

test("no room: the largest goes, the others finish", async () => {
  const { decoder, scheduler } = setup();
  decoder.outcomes.push("no-room");
  const jobs = [request(0, 3), request(1, 40), request(2, 12)].map((one) => ending(scheduler.evaluate(one)));
  expect(await Promise.all(jobs)).toEqual(["ok", "context-overflow", "ok"]);
});

test("a native failure ends the jobs of its batch and nothing else", async () => {
  const { decoder, scheduler } = setup();
  decoder.outcomes.push(new Error("native"));
  const inBatch = ending(scheduler.evaluate(request(0, 64)));
  const waiting = ending(scheduler.evaluate(request(1, 5, { priority: 1 })));
  const prompt = ending(scheduler.evaluate(request(2, 64, { priority: 4 })));
  expect(await Promise.all([inBatch, waiting, prompt])).toEqual(["native", "native", "ok"]);
});

test("a listener that throws fails its own job alone", async () => {
  const { scheduler } = setup();
  const fail = (message: string) => () => {
    throw new Error(message);
  };
  const jobs = [
    request(0, 2, { outputs: 1, onLogits: fail("logits") }),
    request(1, 2, { onProgress: fail("progress") }),
    request(2, 2),
  ].map((one) => ending(scheduler.evaluate(one)));
  expect(await Promise.all(jobs)).toEqual(["logits", "progress", "ok"]);
});

test("exclusive tasks never overlap a decode nor each other, and run in order", async () => {
  const { decoder, scheduler } = setup();
  const log: string[] = [];
  const task = (name: string) =>
    scheduler.exclusive(async () => {
      expect(decoder.running).toBe(0);
      log.push(`${name} starts`);
      await turns(1);
      expect(decoder.running).toBe(0);
      log.push(`${name} ends`);
    });
  const jobs = [0, 1, 2].map((sequence) => scheduler.evaluate(request(sequence, 100)));
  await turns(1);
  await Promise.all([task("a"), task("b"), scheduler.exclusive(() => log.push("c")), ...jobs]);
  expect(log).toEqual(["a starts", "a ends", "b starts", "b ends", "c"]);
});

test("an exclusive task that throws fails alone", async () => {
  const { scheduler } = setup();
  const failing = scheduler.exclusive(() => {
    throw new Error("no");
  });
  const after = scheduler.exclusive(() => 7);
  await expect(failing).rejects.toThrow("no");
  expect(await after).toBe(7);
  expect(await ending(scheduler.evaluate(request(0, 3)))).toBe("ok");
});

test("closing ends the running batch, the waiting jobs, and whatever comes later", async () => {
  const { decoder, scheduler } = setup();
  decoder.held = true;
  const jobs = [request(0, 64), request(1, 64)].map((one) => ending(scheduler.evaluate(one)));
  await turns(2);
  const task = ending(scheduler.exclusive(() => expect(decoder.running).toBe(0)));
  await scheduler.close();
  expect(decoder.aborts).toBe(1);
  expect(decoder.running).toBe(0);
  expect(await Promise.all([...jobs, task])).toEqual(["disposed", "disposed", "ok"]);
  expect(await ending(scheduler.evaluate(request(0, 3)))).toBe("disposed");
  // The native context may be gone: nothing may touch it.
  expect(await ending(scheduler.exclusive(() => undefined))).toBe("disposed");
  await scheduler.close();
});

test("the thread policy hears of whole batches, not of those that moved cells or were cut short", async () => {
  const heard: number[] = [];
  const threads = {
    threads: 4,
    afterDecode(step: { threads: number; tokens: number; ms: number }) {
      heard.push(step.tokens);
      return 2;
    },
  };
  let clock = 0;
  const { decoder, scheduler } = setup({ threads, now: () => clock++ });
  expect(decoder.threads).toBe(4);
  scheduler.expectShift();
  await scheduler.evaluate(request(0, 3));
  expect(heard).toEqual([]);
  expect(decoder.threads).toBe(4);
  decoder.outcomes.push("no-room");
  await ending(scheduler.evaluate(request(0, 4)));
  expect(heard).toEqual([]);
  await scheduler.evaluate(request(0, 5));
  expect(heard).toEqual([5]);
  expect(decoder.threads).toBe(2);
  expect(scheduler.stats.decodeMs).toBe(3);
});

test("any mix of jobs, aborts and shortages: every token once, in order, at its place", async () => {
  const random = seededRandom(11);
  const below = (end: number) => Math.floor(random() * end);
  const { decoder, scheduler } = setup({}, 32);
  const expected = new Map<number, number[]>();
  const sequences = Array.from({ length: 12 }, async (_, sequence) => {
    const cells: number[] = [];
    expected.set(sequence, cells);
    for (let round = 0; round < 30; round++) {
      const length = 1 + below(below(3) === 0 ? 90 : 6);
      const tokens = Array.from({ length }, () => below(1000));
      const position = cells.length;
      const outputs = Math.min(length, below(5));
      const controller = new AbortController();
      let evaluated = 0;
      const job = scheduler.evaluate({
        sequence,
        tokens,
        position,
        outputs,
        priority: 1 + below(5),
        signal: controller.signal,
        onProgress: (count) => {
          expect(count).toBeGreaterThan(evaluated);
          evaluated = count;
        },
        onLogits: (row) => {
          for (let index = 0; index < outputs; index++)
            expect(row(index)[0]).toBe(tokens[length - outputs + index]);
        },
      });
      if (below(5) === 0) void turns(below(4)).then(() => controller.abort());
      const how = await ending(job);
      const refused = ["ok", "context-overflow"];
      expect(controller.signal.aborted ? [...refused, "aborted"] : refused).toContain(how);
      if (how === "ok") expect(evaluated).toBe(length);
      cells.push(...tokens.slice(0, evaluated));
      if (below(6) === 0) decoder.outcomes.push(below(2) === 0 ? "no-room" : "done");
      if (below(8) === 0) await scheduler.exclusive(() => expect(decoder.running).toBe(0));
    }
  });
  await Promise.all(sequences);
  for (const [sequence, cells] of expected) expect(decoder.cells.get(sequence) ?? []).toEqual(cells);
  expect(decoder.batches.every((batch) => batch.length <= 32)).toBe(true);
});

test("it is quiet when one sequence alone is evaluated", async () => {
  const { scheduler } = setup();
  await scheduler.evaluate(request(0, 1));
  expect(scheduler.isQuiet).toBe(true);
  const jobs = [0, 1].map((sequence) => scheduler.evaluate(request(sequence, 1)));
  expect(scheduler.isQuiet).toBe(false);
  await Promise.all(jobs);
  expect(scheduler.isQuiet).toBe(false);
  await scheduler.evaluate(request(0, 1));
  expect(scheduler.isQuiet).toBe(true);
});
