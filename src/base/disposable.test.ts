import { expect, test } from "vitest";
import { Disposable } from "./disposable.ts";

class Lamp extends Disposable {
  readonly steps: string[] = [];
  constructor() {
    super("The lamp");
    this.scope.add(() => void this.steps.push("off"));
  }
  shine(): string {
    this.scope.check();
    return "light";
  }
}

test("gives back once, tells who listens, and is of no use afterwards", async () => {
  const lamp = new Lamp();
  lamp.onDispose(() => lamp.steps.push("told"));
  const forget = lamp.onDispose(() => lamp.steps.push("not told"));
  forget();
  expect(lamp.shine()).toBe("light");
  expect(lamp.disposed).toBe(false);
  await Promise.all([lamp.dispose(), lamp[Symbol.asyncDispose]()]);
  expect(lamp.disposed).toBe(true);
  expect(lamp.steps).toEqual(["off", "told"]);
  expect(() => lamp.shine()).toThrow("The lamp is disposed");
});
