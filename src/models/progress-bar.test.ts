import { expect, test } from "vitest";
import { ProgressBar, progressLine } from "./progress-bar.ts";

test("the line tells share, sizes, speed and remaining time", () => {
  expect(progressLine("model.gguf", 25e6, 100e6, 5e6, 200)).toBe(
    `model.gguf ${"█".repeat(8)}${"░".repeat(22)}  25%  25.0 of 100.0 MB  5.0 MB/s  15 s left`,
  );
  expect(progressLine("model.gguf", 3e6, 0, 0, 80)).toBe("model.gguf  3.0 MB");
  expect(progressLine("m", 1e6, 1e10, 1e6, 200)).toContain("2.8 h left");
});

test("the line never reaches the edge of the terminal", () => {
  for (let columns = 10; columns < 120; columns++) {
    const label = "a-rather-long-name-of-a-model.gguf";
    expect(progressLine(label, 1e9, 4e9, 1e6, columns).length).toBeLessThan(columns);
  }
});

test("a terminal is drawn at most ten times a second, and at the end", () => {
  const written: string[] = [];
  let now = 0;
  const terminal = { isTTY: true, columns: 80, write: (text: string) => written.push(text) };
  const bar = new ProgressBar({ label: "m", terminal, now: () => now });
  for (; now < 1000; now += 10) bar.update(now * 1000, 1e6);
  expect(written.length).toBe(10);
  bar.update(1e6, 1e6);
  bar.stop();
  expect(written.at(-2)).toContain("100%");
  expect(written.at(-1)).toBe("\n");
});

test("anything but a terminal stays untouched", () => {
  const written: string[] = [];
  const bar = new ProgressBar({ label: "m", terminal: { write: (text) => written.push(text) } });
  bar.update(1, 2);
  bar.stop();
  expect(written).toEqual([]);
});
