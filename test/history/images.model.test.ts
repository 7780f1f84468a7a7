import { afterAll, beforeAll, expect, test } from "vitest";
import { ChatHistory } from "../../src/chat/history/chat-history.ts";
import { createChatModel } from "../../src/chat/streaming/nano-llm.ts";
import { quartersPng } from "../media/colours.ts";
import { type OpenedMediaModel, openColourModel, openingMsMax } from "../media/open-models.ts";

let opened: OpenedMediaModel;
beforeAll(async () => {
  opened = await openColourModel();
}, openingMsMax);
afterAll(() => opened?.close());

test("a history with an image is answered, goes on from its cache, and forgets the image when it is removed", async () => {
  const model = await createChatModel(opened.model, { contextSize: 512 });
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
