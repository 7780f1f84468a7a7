import { mkdtemp, readdir, readFile, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import { loadChat, saveChat } from "./chat-file.ts";

const folder = () => mkdtemp(join(tmpdir(), "colloquy-cli-"));

const items: ChatHistoryItem[] = [
  { type: "system", text: "Be kind." },
  { type: "user", text: 'Quotes " and\nlines' },
  {
    type: "model",
    response: [
      { type: "segment", segmentType: "thought", text: "Hm", ended: true },
      "Hello 🙂",
      { type: "functionCall", name: "f", params: { a: 1 }, result: null },
    ],
  },
];

test("a chat is the same after saving and loading, and nothing else is left in the folder", async () => {
  const place = await folder();
  const path = join(place, "chat.json");
  await saveChat(path, items);
  expect(await loadChat(path)).toEqual(items);
  expect(await readdir(place)).toEqual(["chat.json"]);
});

test("a chat that cannot be saved is reported, and the file before it stays", async () => {
  const place = await folder();
  const path = join(place, "chat.json");
  await writeFile(path, "old");
  await expect(saveChat(join(path, "inside.json"), items)).rejects.toThrow(/cannot be written/);
  await expect(saveChat(place, items)).rejects.toThrow(/cannot be written/);
  expect(await readFile(path, "utf8")).toBe("old");
});

test.each([
  ["", /it is not JSON/],
  ["{}", /it is not a list/],
  ['[{"type": "user"}]', /message 0/],
  ['[{"type": "user", "text": "Hi"}, {"type": "robot", "text": "Hi"}]', /message 1/],
  ['[{"type": "model", "response": "Hi"}]', /message 0/],
  ['[{"type": "model", "response": [1]}]', /message 0/],
  ["[null]", /message 0/],
])("%j is no chat", async (content, message) => {
  const path = join(await folder(), "chat.json");
  await writeFile(path, content);
  await expect(loadChat(path)).rejects.toThrow(message);
});
