import { expect, test } from "vitest";
import { createInterrupts } from "./interrupts.ts";

test("Ctrl+C stops, clears or leaves, and leaves the second time within two seconds", () => {
  let now = 0;
  const press = createInterrupts(() => now);
  const replying = { replying: true, line: "" };
  expect(press(replying)).toBe("stop");
  now += 2001;
  expect(press(replying)).toBe("stop");
  now += 2000;
  expect(press(replying)).toBe("leave");
  now += 5000;
  expect(press({ replying: false, line: "half" })).toBe("clear");
  now += 5000;
  expect(press({ replying: false, line: "" })).toBe("leave");
});
