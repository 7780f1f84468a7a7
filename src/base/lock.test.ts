import { expect, test } from "vitest";
import { Lock } from "./lock.ts";

test("tasks run one at a time, in the order asked", async () => {
  const lock = new Lock();
  const log: string[] = [];
  const task = (name: string) =>
    lock.run(async () => {
      log.push(`${name} starts`);
      await new Promise((resolve) => setImmediate(resolve));
      log.push(`${name} ends`);
    });
  await Promise.all([task("a"), task("b"), task("c")]);
  expect(log).toEqual(["a starts", "a ends", "b starts", "b ends", "c starts", "c ends"]);
  expect(lock.waiting).toBe(0);
});

test("a task that throws releases the lock", async () => {
  const lock = new Lock();
  await expect(lock.run(() => Promise.reject(new Error("no")))).rejects.toThrow("no");
  expect(await lock.run(() => 7)).toBe(7);
});

test("releasing twice does not let two in", async () => {
  const lock = new Lock();
  const release = await lock.acquire();
  release();
  release();
  expect(lock.waiting).toBe(0);
  const second = await lock.acquire();
  let entered = false;
  const third = lock.acquire().then((free) => {
    entered = true;
    free();
  });
  await Promise.resolve();
  expect(entered).toBe(false);
  second();
  await third;
  expect(entered).toBe(true);
});
