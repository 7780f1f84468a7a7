import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

const never = new AbortController().signal;

test("one after the other, in their order, whatever goes wrong with one of them", async () => {
  const turns = new Turns(10);
  const seen: string[] = [];
  const work = (name: string) => async () => {
    seen.push(`${name} begins`);
    await new Promise(setImmediate);
    if (name === "b") throw new Error("b fails");
    seen.push(`${name} ends`);
    return name;
  };
  const results = await Promise.allSettled(["a", "b", "c"].map((name) => turns.run(never, work(name))));
  expect(seen).toEqual(["a begins", "a ends", "b begins", "c begins", "c ends"]);
  expect(results.map(({ status }) => status)).toEqual(["fulfilled", "rejected", "fulfilled"]);
});

test("who would wait behind too many is refused, and there is room again later", async () => {
  const turns = new Turns(2);
  let release = () => {};
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const three = [1, 2, 3].map(() => turns.run(never, () => held));
  await expect(turns.run(never, () => held)).rejects.toMatchObject({
    status: 429,
    code: "queue-full",
    headers: { "retry-after": expect.stringMatching(/^\d+$/) },
  });
  release();
  await Promise.all(three);
  expect(await turns.run(never, async () => "later")).toBe("later");
});

test("who goes away before its turn is passed over", async () => {
  const turns = new Turns(2);
  const gone = new AbortController();
  let worked = false;
  const first = turns.run(never, () => new Promise(setImmediate));
  const second = turns.run(gone.signal, async () => {
    worked = true;
  });
  gone.abort(new Error("gone"));
  await first;
  await expect(second).rejects.toThrow("gone");
  expect(worked).toBe(false);
});
