import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { completeLine } from "./complete-line.ts";

test("commands are completed, with a space where an argument follows", async () => {
  expect(await completeLine("/re")).toEqual([["/reset", "/retry ", "/remove "], "/re"]);
  expect((await completeLine("/"))[0]).toHaveLength(15);
  expect(await completeLine("/nothing")).toEqual([[], "/nothing"]);
});

test("prompts and commands without a file are left alone", async () => {
  for (const line of ["", "hel", "say /re", "/help x", "/history ch", "/nothing x"])
    expect(await completeLine(line)).toEqual([[], line]);
});

test("file names are completed behind commands that take a file", async () => {
  const folder = await mkdtemp(join(tmpdir(), "colloquy-cli-"));
  await writeFile(join(folder, "chat one.json"), "");
  await writeFile(join(folder, ".hidden"), "");
  await mkdir(join(folder, "chats"));
  const complete = async (command: string, name: string) => {
    const [hits, replaced] = await completeLine(`/${command} ${join(folder, name)}`);
    expect(replaced).toBe(join(folder, name));
    return hits.map((hit) => hit.slice(folder.length + 1)).sort();
  };
  for (const command of ["load", "save", "image", "system"])
    expect(await complete(command, "cha")).toEqual(["chat one.json", "chats/"]);
  expect(await complete("load", "chat o")).toEqual(["chat one.json"]);
  expect(await complete("load", ".h")).toEqual([".hidden"]);
  expect((await completeLine(`/load ${folder}/`))[0]).toHaveLength(2);
  expect(await complete("load", "nowhere/x")).toEqual([]);
});
