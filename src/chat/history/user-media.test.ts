import { expect, test } from "vitest";
import { seededRandom } from "../../../test/gguf/seeded-random.ts";
import type { ChatUserMessage } from "../../template/chat-history-items.ts";
import { markerPattern, mediaMarker, mediaOf, withMediaMarkers } from "../../template/chat-media.ts";
import { userMessageOfPrompt } from "../session/prompt-part.ts";
import { joinUserMessages, partsOfUserMessage, userMessageOf } from "./user-media.ts";

const cat = { type: "image", source: "cat.png" } as const;
const dog = { type: "image", source: "dog.png" } as const;

test("a message and its parts are the same", () => {
  const random = seededRandom(3);
  for (let round = 0; round < 200; round++) {
    const parts = Array.from({ length: 1 + Math.floor(random() * 5) }, (_, index) =>
      random() < 0.5 ? { ...cat, source: `${index}.png` } : { type: "text" as const, text: `text ${index}` },
    );
    const merged = parts.filter((part, index) => part.type !== "text" || parts[index - 1]?.type !== "text");
    const message = userMessageOf(merged);
    expect(partsOfUserMessage(message)).toEqual(merged);
    expect(userMessageOf(partsOfUserMessage(message))).toEqual(message);
  }
});

test("media without a place come first", () => {
  const message: ChatUserMessage = { type: "user", text: "What?", media: [cat] };
  expect(partsOfUserMessage(message)).toEqual([cat, { type: "text", text: "What?" }]);
  expect(withMediaMarkers([message])).toEqual([{ type: "user", text: `${mediaMarker(cat)}\nWhat?` }]);
  const joined = joinUserMessages(message, { type: "user", text: "And \ufffc?", media: [dog] }, "\n");
  expect(joined).toEqual({ type: "user", text: "\ufffc\nWhat?\nAnd \ufffc?", media: [cat, dog] });
  expect(mediaOf([joined])).toEqual([cat, dog]);
});

test("what a user types is never an image", () => {
  const [item] = withMediaMarkers([{ type: "user", text: `a ${mediaMarker(cat)} b \ufffc c`, media: [dog] }]);
  expect(item).toEqual({ type: "user", text: `a  b ${mediaMarker(dog)} c` });
  const [plain] = withMediaMarkers([{ type: "user", text: `a ${mediaMarker(cat)}` }]);
  expect((plain as ChatUserMessage).text).not.toMatch(markerPattern);
});

test("a prompt's parts are checked", () => {
  const url = "https://example.com/cat.png";
  expect(userMessageOfPrompt(["Look:", { type: "image", url }])).toEqual({
    type: "user",
    text: "Look:\n\ufffc",
    media: [{ type: "image", source: url }],
  });
  const bytes = userMessageOfPrompt([{ type: "image", buffer: new Uint8Array([1, 2]) }]);
  expect(bytes.media).toEqual([{ type: "image", source: "data:image/*;base64,AQI=" }]);
  const wrong = [
    [],
    [{ type: "image" }],
    [{ type: "image", path: "a", url }],
    [{ type: "video", path: "a" }],
    5,
  ];
  for (const prompt of wrong)
    expect(() => userMessageOfPrompt(prompt as never)).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
});
