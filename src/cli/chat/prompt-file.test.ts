import { mkdir, mkdtemp, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { promptInput, promptInputs, readTextFile, textOrFile } from "./prompt-file.ts";

let folder: string;
const place = async (name: string, content: string) => {
  await writeFile(join(folder, name), content);
  return join(folder, name);
};

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "colloquy-cli-"));
});

describe("promptInputs", () => {
  test("takes a text as it is", async () => {
    for (const text of ["Hello", "no-such-file.txt", "read notes.json", "two\nlines.txt"])
      expect(await promptInputs(text)).toEqual([{ text }]);
    expect(await promptInputs(" ")).toEqual([]);
  });

  test("reads a prompt a line from a .txt file, and passes over empty lines", async () => {
    const path = await place("prompts.TXT", "One\r\n\n  \nTwo two\n");
    expect(await promptInputs(path)).toEqual([{ text: "One" }, { text: "Two two" }]);
  });

  test("reads a list of texts or of {text} from a .json file", async () => {
    const path = await place("prompts.json", '["One\\ntwo", {"text": "Three", "id": 3}]');
    expect(await promptInputs(path)).toEqual([{ text: "One\ntwo" }, { text: "Three" }]);
  });

  test.each(["{", "{}", "[1]", '[{"prompt": "x"}]', "[null]", '"text"'])(
    "refuses %s as a list",
    async (content) => {
      const path = await place("wrong.json", content);
      await expect(promptInputs(path)).rejects.toThrow(/is not a list of texts/);
    },
  );
});

describe("promptInput", () => {
  test("a lone existing image file or address is an image, a sentence never", async () => {
    const image = await place("cat.JPG", "");
    expect(await promptInput(image)).toEqual({ image });
    expect(await promptInput("https://example.com/cat.png?size=2")).toEqual({
      image: "https://example.com/cat.png?size=2",
    });
    for (const text of [`show ${image}`, "no-such-cat.jpg", "https://example.com/"])
      expect(await promptInput(text)).toEqual({ text });
  });
});

describe("textOrFile", () => {
  test("reads a file, and takes anything else as text", async () => {
    expect(await textOrFile(await place("system.md", "Be brief.\n\n"))).toBe("Be brief.");
    const directory = join(folder, "directory");
    await mkdir(directory);
    for (const text of ["Be kind.", "", directory, "a\0b"]) expect(await textOrFile(text)).toBe(text);
  });

  test("refuses a file that is too large", async () => {
    const path = await place("large.txt", "12345");
    await expect(readTextFile(path, 4)).rejects.toThrow(/has 5 bytes, more than 4/);
  });
});
