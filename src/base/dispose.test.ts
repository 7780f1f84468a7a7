import { expect, test } from "vitest";
import { DisposeScope } from "./dispose.ts";
import { DisposedError } from "./errors.ts";

const wait = () => new Promise<void>((resolve) => setImmediate(resolve));

test("runs the steps once, last registered first, one after the other, then tells the listeners", async () => {
  const scope = new DisposeScope("The thing");
  const log: string[] = [];
  for (const name of ["a", "b", "c"])
    scope.add(async () => {
      log.push(`${name} starts`);
      await wait();
      log.push(`${name} ends`);
    });
  scope.onDispose(() => log.push("told"));
  const first = scope.dispose();
  expect(scope.disposed).toBe(true);
  expect(scope.dispose()).toBe(first);
  await first;
  await scope.dispose();
  expect(log).toEqual(["c starts", "c ends", "b starts", "b ends", "a starts", "a ends", "told"]);
});

test("what was taken back does not run", async () => {
  const scope = new DisposeScope("The thing");
  const log: string[] = [];
  scope.add(() => void log.push("step"))();
  scope.onDispose(() => log.push("listener"))();
  await scope.dispose();
  expect(log).toEqual([]);
});

test("a step that fails keeps none of the others from running, and the first failure is thrown", async () => {
  const scope = new DisposeScope("The thing");
  const log: string[] = [];
  scope.add(() => void log.push("a"));
  scope.add(() => Promise.reject(new Error("second")));
  scope.add(() => {
    throw new Error("first");
  });
  scope.onDispose(() => {
    throw new Error("listener");
  });
  scope.onDispose(() => log.push("told"));
  await expect(scope.dispose()).rejects.toThrow("first");
  expect(log).toEqual(["a", "told"]);
});

test("a step that disposes the scope again does not run anything twice nor early", async () => {
  const scope = new DisposeScope("The thing");
  const log: string[] = [];
  scope.onDispose(() => log.push("told"));
  scope.add(() => void log.push("last"));
  scope.add(() => {
    expect(scope.disposed).toBe(true);
    void scope.dispose();
    log.push("first");
  });
  await scope.dispose();
  expect(log).toEqual(["first", "last", "told"]);
});

test("a disposed thing says which it is", async () => {
  const scope = new DisposeScope("The thing");
  scope.check();
  void scope.dispose();
  expect(() => scope.check()).toThrow(new DisposedError("The thing"));
});
