import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { ObjectReader } from "../http/object-reader.ts";
import { defaultLimits } from "../limits/server-limits.ts";
import { readMessages } from "./read-messages.ts";

const seeing = Object.assign(new FakeModel(), { supportsImages: true });
const png = "data:image/png;base64,iVBORw0KGgo=";

function read(messages: unknown, limits: object = {}) {
  const serving = { model: seeing, limits: { ...defaultLimits, ...limits } };
  return readMessages(new ObjectReader({ messages }), {}, serving);
}
const image = (url: unknown) => ({ type: "image_url", image_url: { url } });

describe("calls", () => {
  test("a call, its result and the answer are one response", () => {
    const call = { id: "c", type: "function", function: { name: "f", arguments: '{"a": 1}' } };
    expect(
      read([
        { role: "developer", content: "s" },
        { role: "user", content: [{ type: "text", text: "q" }] },
        { role: "assistant", content: null, reasoning_content: "hm", tool_calls: [call] },
        { role: "tool", tool_call_id: "c", content: "[2]" },
        { role: "assistant", content: "two" },
      ]),
    ).toEqual([
      { type: "system", text: "s" },
      { type: "user", text: "q" },
      {
        type: "model",
        response: [
          { type: "segment", segmentType: "thought", text: "hm", ended: true },
          { type: "functionCall", name: "f", params: { a: 1 }, result: [2], startsNewChunk: true },
          "two",
        ],
      },
    ]);
  });

  test.each([
    ["a result of no call", [{ role: "tool", tool_call_id: "x", content: "1" }]],
    [
      "a call without a result",
      [
        {
          role: "assistant",
          tool_calls: [{ id: "c", type: "function", function: { name: "f", arguments: "{}" } }],
        },
        { role: "user", content: "x" },
      ],
    ],
    ["nothing said", [{ role: "assistant" }]],
  ])("%s is refused", (_name, messages) => {
    expect(() => read(messages)).toThrowError(expect.objectContaining({ status: 400 }));
  });
});

describe("images", () => {
  test("stand in their place, and a typed place is none", () => {
    const content = [{ type: "text", text: "a\ufffc" }, image(png), { type: "text", text: "b" }];
    expect(read([{ role: "user", content }])).toEqual([
      { type: "user", text: "a\ufffcb", media: [{ type: "image", source: png }] },
    ]);
  });

  test.each(["/etc/passwd", "file:///etc/passwd", "https://a.example/x.png", "data:text/html;base64,aa", 3])(
    "%s is refused: nothing is read or fetched for a request",
    (url) => {
      expect(() => read([{ role: "user", content: [image(url)] }])).toThrowError(
        expect.objectContaining({ status: 400, param: "messages[0].content[0].image_url.url" }),
      );
    },
  );

  test("too many are refused", () => {
    const content = [image(png), image(png), image(png)];
    expect(() => read([{ role: "user", content }], { images: 2 })).toThrowError(/at most 2 images/);
    const spread = content.map((one) => ({ role: "user", content: [one] }));
    expect(() => read(spread, { images: 2 })).toThrowError(/at most 2 images/);
  });
});
