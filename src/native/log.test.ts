import { expect, test } from "vitest";
import { NativeLog, nativeLogLevels } from "./log.ts";

function logged(...pieces: [keyof typeof nativeLogLevels, string][]) {
  const log = new NativeLog();
  const lines: [number, string][] = [];
  log.addSink((level, text) => lines.push([level, text]));
  for (const [level, text] of pieces) log.write(nativeLogLevels[level], text);
  return { log, lines };
}

test("pieces become lines, with the level of the first piece", () => {
  const { lines } = logged(
    ["info", "load"],
    ["continuation", "ing"],
    ["continuation", " model\nsec"],
    ["continuation", "ond\n"],
  );
  expect(lines).toEqual([
    [nativeLogLevels.info, "loading model"],
    [nativeLogLevels.info, "second"],
  ]);
});

test("a line without an end is passed on when another begins", () => {
  const { lines } = logged(["warn", "one"], ["error", "two\n"]);
  expect(lines).toEqual([
    [nativeLogLevels.warn, "one"],
    [nativeLogLevels.error, "two"],
  ]);
});

test("empty lines are dropped, dots of a progress are one line", () => {
  const { lines } = logged(
    ["info", "\n"],
    ["info", "  \n\n"],
    ["info", "."],
    ["continuation", "."],
    ["continuation", ".\n"],
  );
  expect(lines).toEqual([[nativeLogLevels.info, "..."]]);
});

test("the last warnings and errors are kept for one error message", () => {
  const { log } = logged(["info", "chat\n"], ["warn", "w\n"], ["error", "e\n"], ["debug", "d\n"]);
  expect(log.takeRecent()).toBe("w\ne");
  expect(log.takeRecent()).toBe("");
  for (let index = 0; index < 100; index++) log.write(nativeLogLevels.error, `e${index}\n`);
  expect(log.takeRecent().split("\n")).toEqual(Array.from({ length: 16 }, (_, index) => `e${84 + index}`));
});

test("a sink that throws harms neither the others nor the caller; a removed one hears nothing", () => {
  const log = new NativeLog();
  const heard: string[] = [];
  log.addSink(() => {
    throw new Error("sink");
  });
  const remove = log.addSink((_, text) => heard.push(text));
  log.write(nativeLogLevels.info, "one\n");
  remove();
  log.write(nativeLogLevels.info, "two\n");
  expect(heard).toEqual(["one"]);
});
