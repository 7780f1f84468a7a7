import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import path from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { ChatHistory } from "../../src/chat/history/chat-history.ts";
import { createChatModel } from "../../src/chat/streaming/nano-llm.ts";
import { getLlama, type Llama } from "../../src/engine/llama.ts";
import { buildMediaLibrary } from "../../src/media/library/build-media-library.ts";
import { resolveDefaultModel } from "../../src/models/default/default-model.ts";
import { quartersPng, writeColours } from "../media/colours.ts";

let folder: string;
let llama: Llama;

beforeAll(async () => {
  await buildMediaLibrary();
  folder = mkdtempSync(path.join(tmpdir(), "colloquy-history-"));
  llama = await getLlama({ gpu: false, maxThreads: 1 });
}, 600_000);
afterAll(async () => {
  await llama?.dispose();
  rmSync(folder, { recursive: true, force: true });
});

test("a history with an image is answered, goes on from its cache, and forgets the image when it is removed", async () => {
  const modelPath = await resolveDefaultModel();
  const words = await llama.loadModel({ modelPath, vocabOnly: true });
  const mmprojPath = writeColours(words, modelPath, folder);
  await words.dispose();
  const model = await createChatModel(await llama.loadModel({ modelPath, mmprojPath }), { contextSize: 512 });
  const history = new ChatHistory(model, { systemPrompt: false });
  const image = await quartersPng(["red", "red", "red", "red"]);
  history.append("user", [{ image }, "Which colour is it?"]);
  const notRead = expect.objectContaining({
    code: "media-unsupported",
    hint: expect.stringContaining("prepareMedia"),
  });
  for (const count of [() => history.embedChat(), () => history.numTokens, () => history.at(0)!.numTokens])
    expect(count).toThrow(notRead);
  await history.prepareMedia();
  // Counted before anything is evaluated: the image takes the place of the words for it.
  const written = new ChatHistory(model, { systemPrompt: false });
  written.append("user", " red red red red\nWhich colour is it?");
  expect(history.numTokens).toBe(written.numTokens);
  expect(history.at(0)!.numTokens).toBe(written.at(0)!.numTokens);
  expect(history.tokens.filter((token) => token < 0)).toHaveLength(4);
  const first = model.generate(history.embedChat(), { maxNewTokens: 24 });
  expect((await first.wait()).toLowerCase()).toContain("red");
  history.append("bot", first);
  history.append("user", "Thanks.");
  const [input, position] = history.embedChat();
  const second = model.generate(input, { kvCache: history.kvCache, maxNewTokens: 4 });
  await second.wait();
  expect(second.stats.reusedTokens).toBe(position);
  expect(position).toBeGreaterThan(10);
  history.remove(0);
  expect(history.tokens.filter((token) => token < 0)).toHaveLength(0);
  expect(history.embedChat().position).toBeLessThan(position);
  await model.dispose();
});
