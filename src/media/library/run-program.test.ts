import { expect, test } from "vitest";
import { runProgram } from "./run-program.ts";

const node = process.execPath;

test("says how a program ended and what it wrote last", async () => {
  expect(await runProgram(node, ["-e", "console.log('out'); console.error('err'); process.exit(3)"])).toEqual(
    {
      code: 3,
      tail: expect.stringMatching(/^(out\nerr|err\nout)$/),
    },
  );
  const { tail } = await runProgram(node, ["-e", "process.stdout.write('x'.repeat(9000) + 'end')"]);
  expect(tail).toHaveLength(4000);
  expect(tail.endsWith("end")).toBe(true);
});

test("of a program that is not there, nothing is left that keeps the process alive", async () => {
  const timers = () => process.getActiveResourcesInfo().filter((name) => name === "Timeout").length;
  const before = timers();
  expect((await runProgram("/no/such/program", [])).code).toBeUndefined();
  expect(timers()).toBe(before);
});

test("is ended by its signal and by its time", async () => {
  const stop = new AbortController();
  const running = runProgram(node, ["-e", "setInterval(() => {}, 1000)"], { signal: stop.signal });
  stop.abort(new Error("enough"));
  await expect(running).rejects.toThrow("enough");
  expect((await runProgram(node, ["-e", "setInterval(() => {}, 1000)"], { timeoutMs: 50 })).code).toBe(1);
});
