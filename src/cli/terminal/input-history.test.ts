import { mkdtemp, readFile, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { inputHistoryPath, openInputHistory } from "./input-history.ts";

const newPath = async () =>
  inputHistoryPath({ XDG_CACHE_HOME: await mkdtemp(join(tmpdir(), "colloquy-cli-")) });

test("lines are kept for the next chat, newest first, and only for their owner", async () => {
  const path = await newPath();
  const first = await openInputHistory(path);
  expect(first.lines).toEqual([]);
  for (const line of ["one", "  ", "/history", "three"]) await first.add(line);
  expect((await openInputHistory(path)).lines).toEqual(["three", "/history", "one"]);
  if (process.platform !== "win32") expect((await stat(path)).mode & 0o777).toBe(0o600);
});

test("the file is bounded", async () => {
  const path = await newPath();
  await (await openInputHistory(path)).add("made");
  const lines = Array.from({ length: 2100 }, (_, index) => `line ${index}`);
  await writeFile(path, `${lines.join("\n")}\n`);
  const history = await openInputHistory(path);
  expect(history.lines).toEqual(lines.slice(-1000).reverse());
  expect((await readFile(path, "utf8")).split("\n")).toHaveLength(1001);
});

test("a place that cannot be written does not disturb the chat", async () => {
  const path = join(await newPath(), "..");
  await writeFile(path, "a file where the folder should be").catch(() => {});
  const history = await openInputHistory(join(path, "history"));
  await history.add("line");
  expect(history.lines).toEqual([]);
});
