import { expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { seededRandom } from "../../../test/gguf/seeded-random.ts";
import type { ChatHistoryItem, ChatMedia } from "../../template/chat-history-items.ts";
import { mediaPlace } from "../../template/chat-media.ts";
import { ChatMLChatWrapper } from "../../template/wrappers/chat-ml-chat-wrapper.ts";
import { fitHistory } from "./fit-history.ts";
import { countStubbable, stubOldestMedia } from "./stub-oldest-media.ts";

const image = (source: string): ChatMedia => ({ type: "image", source });
const stubOf = ({ source }: ChatMedia) => `<${source}>`;

test("replaces the oldest media in their places", () => {
  const history: ChatHistoryItem[] = [
    { type: "system", text: "s" },
    // One without a place stands before the text.
    { type: "user", text: `a ${mediaPlace} b`, media: [image("1"), image("2")] },
    { type: "model", response: ["ok"] },
    { type: "user", text: "pinned", media: [image("p")], pinned: true } as ChatHistoryItem,
    { type: "user", text: `${mediaPlace}\nc`, media: [image("3")] },
  ];
  const texts = (count: number) =>
    stubOldestMedia(history, count, stubOf).flatMap((item) =>
      item.type === "user" ? [[item.text.replaceAll(mediaPlace, "_"), item.media?.length ?? 0]] : [],
    );
  expect(countStubbable(history, 5)).toBe(3);
  expect(countStubbable(history, 4)).toBe(2);
  expect(texts(0)).toEqual([
    ["a _ b", 2],
    ["pinned", 1],
    ["_\nc", 1],
  ]);
  expect(texts(1)).toEqual([
    ["<1>\na _ b", 1],
    ["pinned", 1],
    ["_\nc", 1],
  ]);
  expect(texts(2)).toEqual([
    ["<1>\na <2> b", 0],
    ["pinned", 1],
    ["_\nc", 1],
  ]);
  expect(texts(3)).toEqual([
    ["<1>\na <2> b", 0],
    ["pinned", 1],
    ["<3>\nc", 0],
  ]);
});

test("gives up no more than is needed: texts for media before turns, the oldest first", async () => {
  const random = seededRandom(3);
  const imageTokens = 50;
  const tokensOf = (history: readonly ChatHistoryItem[]) =>
    history.reduce(
      (sum, item) => sum + 10 + (item.type === "user" ? imageTokens * (item.media?.length ?? 0) : 0),
      0,
    );
  const model = new FakeModel();
  for (let round = 0; round < 200; round++) {
    const turns = 1 + Math.floor(random() * 8);
    const history: ChatHistoryItem[] = [{ type: "system", text: "s" }];
    for (let turn = 0; turn < turns; turn++) {
      const media = Array.from({ length: Math.floor(random() * 3) }, (_, at) => image(`${turn}.${at}`));
      history.push({ type: "user", text: `q${turn}`, media }, { type: "model", response: [`a${turn}`] });
    }
    const contextSize = 100 + Math.floor(random() * 900);
    const fit = fitHistory({
      history,
      reservedTokens: 1,
      contextSize,
      options: { size: 10, media: stubOf },
      tokenizer: model.tokenizer,
      chatWrapper: new ChatMLChatWrapper(),
      countTokens: tokensOf,
    });
    const lastTurn = tokensOf([history[0]!, ...history.slice(-2)]);
    if (lastTurn > contextSize - 1) {
      await expect(fit).rejects.toMatchObject({ code: "context-overflow" });
      continue;
    }
    // The slow way: one more at a time.
    const wanted = contextSize - 11;
    const all = countStubbable(history, history.length - 2);
    let expected: ChatHistoryItem[] = history;
    for (let given = 0; tokensOf(expected) > wanted && given < all + turns - 1; ) {
      given++;
      const stubbed = stubOldestMedia(history, Math.min(given, all), stubOf);
      const dropped = Math.max(0, given - all);
      expected = [stubbed[0]!, ...stubbed.slice(1 + 2 * dropped)];
    }
    expect((await fit).history).toEqual(expected);
  }
});
