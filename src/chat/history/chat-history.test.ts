import { describe, expect, test } from "vitest";
import { createHistory, filled, model } from "../../../test/fake/fake-history.ts";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { seededRandom } from "../../../test/fake/seeded-random.ts";
import { ColloquyError } from "../../base/errors.ts";
import type { Token } from "../../engine/token.ts";
import { mediaMarker } from "../../template/chat-media.ts";
import { messageMark } from "../../template/named/chat-template.ts";
import { ChatTemplates } from "../../template/named/chat-templates.ts";
import { ChatHistory } from "./chat-history.ts";
import { ChatMessage } from "./chat-message.ts";

const roles = (history: ChatHistory) => history.messages.map(({ role }) => role).join();
const texts = (history: ChatHistory) => history.messages.map(({ text }) => text);
const rendered = (history: ChatHistory) => model.detokenize(history.tokens, true);

describe("the list", () => {
  test("begins with the template's system prompt, or the given one, or none", () => {
    expect(texts(createHistory())).toEqual([ChatTemplates["chat-ml"].system_prompt]);
    expect(texts(createHistory("chat-ml", "Sys"))).toEqual(["Sys"]);
    expect(createHistory("chat-ml", false).length).toBe(0);
  });

  test("is reached by integer keys, negative ones too", () => {
    const history = filled();
    expect(history[0]?.text).toBe("Sys");
    expect(history[-1]?.text).toBe("3");
    expect(history.at(-1)).toBe(history[6]);
    expect(history[7]).toBeUndefined();
    expect(0 in history).toBe(true);
    expect(7 in history).toBe(false);
    expect([...history].map(({ text }) => text)).toEqual(texts(history));
    expect(history.slice(-2).map(({ text }) => text)).toEqual(["three", "3"]);
    expect(delete (history as unknown as Record<string, unknown>)["-2"]).toBe(true);
    expect(texts(history)).toEqual(["Sys", "one", "1", "two", "2", "3"]);
  });

  test("messages know their neighbours and their place", () => {
    const history = filled();
    const two = history[3]!;
    expect([two.index, two.prev?.text, two.next?.text]).toEqual([3, "1", "2"]);
    history.remove(1, 3);
    expect([two.index, two.prev?.text]).toEqual([1, "Sys"]);
    expect(two.history).toBe(history);
    history.remove(1);
    expect([two.index, two.history, two.numTokens]).toEqual([-1, undefined, 0]);
  });

  test("insert, replace and removeWhere", () => {
    const history = filled();
    history.insert(1, "user", "zero");
    expect(history[1]?.text).toBe("zero");
    history.replace(1, "null");
    expect([history[1]?.role, history[1]?.text]).toEqual(["user", "null"]);
    expect(history.removeWhere(({ role }) => role === "bot").map(({ text }) => text)).toEqual([
      "1",
      "2",
      "3",
    ]);
    expect(roles(history)).toBe("system,user,user,user,user");
    expect(() => history.insert(9, "user", "x")).toThrow(RangeError);
    expect(() => history.replace(9, "x")).toThrow(RangeError);
  });

  test("is saved and restored as JSON, pins included", () => {
    const history = filled();
    history.append("user", "keep this", { pinned: true });
    const other = createHistory("chat-ml", false);
    other.setItems(JSON.parse(JSON.stringify(history)));
    expect(other.toItems()).toEqual(history.toItems());
    expect(other[-1]?.pinned).toBe(true);
    expect(other.tokens).toEqual(history.tokens);
    expect(() => other.setItems([{ type: "narrator" } as never])).toThrow("An item of a chat history");
  });
});

describe("tokens", () => {
  test("spans touch, cover everything, and are those of the rendered chat", () => {
    const history = filled();
    let at = 0;
    for (const message of history) {
      expect(message.startToken).toBe(at);
      at += message.numTokens;
    }
    expect(at).toBe(history.numTokens);
    expect(history[1]?.template).toBe("<|im_start|>user\none<|im_end|>\n<|im_start|>assistant\n");
  });

  test("position and cached say what the cache holds, whatever is edited", () => {
    const history = filled();
    expect(history.position).toBe(history.numTokens);
    history.append("user", "four");
    expect(history[-1]?.cached).toBe(false);
    expect(history[-2]?.cached).toBe(true);
    history.remove(1, 3);
    expect(history[0]?.cached).toBe(true);
    expect(history[-1]?.cached).toBe(false);
    expect(history.position).toBeLessThan(history.numTokens);
  });

  test("after any edits, tokens are the rendering of the messages (random run)", () => {
    const random = seededRandom(3);
    const pick = (max: number) => Math.floor(random() * max);
    const history = createHistory("chat-ml", "Sys");
    for (let step = 0; step < 400; step++) {
      const kind = pick(6);
      const { length } = history;
      if (kind < 3 || length < 2) history.append(pick(2) === 0 ? "user" : "bot", `m${step}`);
      else if (kind === 3) history.pop(pick(Math.min(3, length) + 1));
      else if (kind === 4) history.remove(pick(length));
      else history.insert(pick(length + 1), "user", `i${step}`);
      const fresh = createHistory("chat-ml", false);
      for (const message of history) fresh.append(message.role, message.text);
      expect(history.tokens).toEqual(fresh.tokens);
      const { input, position } = history.embedChat();
      expect([...(history.kvCache?.tokens.slice(0, position) ?? []), ...input]).toEqual(history.tokens);
      history.kvCache = { tokens: [...history.tokens] };
    }
  });
});

describe("the defects of the reference that ours does not have", () => {
  test("D1: pop(0) changes nothing, too many is a RangeError that changes nothing", () => {
    const history = filled();
    const before = texts(history);
    expect(history.pop(0)).toEqual([]);
    for (const count of [-1, 8, 1.5]) expect(() => history.pop(count)).toThrow(RangeError);
    expect(texts(history)).toEqual(before);
    expect(history.position).toBe(history.numTokens);
    history.pop(2);
    expect(texts(history)).toEqual(before.slice(0, -2));
  });

  test.each([
    [0, undefined, [0]],
    [0, 2, [0, 1]],
    [-1, undefined, [6]],
    [-2, 0, [5, 6]],
    [-3, -1, [4, 5]],
    [0, 0, []],
    [7, 7, []],
    [5, 7, [5, 6]],
  ] as const)("D2: remove(%s, %s) removes %j", (start, stop, expected) => {
    const history = filled();
    const before = [...history.messages];
    expect(history.remove(start, stop)).toEqual(expected.map((index) => before[index]));
    expect(history.length).toBe(7 - expected.length);
  });

  test.each([
    [3, 1],
    [0, 8],
    [-9, undefined],
    [7, undefined],
    [0.5, undefined],
  ] as const)("D2: remove(%s, %s) is a RangeError and changes nothing", (start, stop) => {
    const history = filled();
    expect(() => history.remove(start, stop)).toThrow(RangeError);
    expect(history.length).toBe(7);
  });

  test("D3: there is no step to be ignored; removeWhere takes every second message", () => {
    const history = filled();
    history.removeWhere((_message, index) => index % 2 === 0);
    expect(texts(history)).toEqual(["one", "two", "three"]);
  });

  test("D4: a string is text, whatever it ends with; the key decides", () => {
    const history = filled();
    expect(history.append("user", "please delete cat.jpg").type).toBe("text");
    expect(history.append("user", "cat.jpg").type).toBe("text");
    expect(history.append("user", { image: "cat.jpg" }).type).toBe("image");
    expect(history.append("user", { audio: "x.wav" }).isType("audio")).toBe(true);
    expect(history[-2]?.content).toBe("cat.jpg");
    expect(ChatMessage.contentType("CAT.JPG")).toBe("image");
    expect(ChatMessage.contentType("https://x.org/cat.png?size=2")).toBe("image");
    expect(ChatMessage.contentType("data:image/png;base64,AA")).toBe("image");
    expect(ChatMessage.contentType("please delete cat.jpg")).toBe("text");
    expect(ChatMessage.contentType(Uint8Array.of(0xff, 0xd8, 0xff, 0xe0))).toBe("image");
    expect(ChatMessage.contentType(42)).toBeUndefined();
  });

  test("D5: texts of one role are separated, and a removal renders the seam again", () => {
    const history = createHistory("chat-ml", false);
    history.append("user", "one");
    history.append("user", "two");
    expect(rendered(history)).toContain("one\ntwo");
    history.kvCache = { tokens: [...history.tokens] };
    history.remove(0);
    expect(rendered(history)).toMatch(/user\ntwo<\|im_end\|>/);
    expect(history.embedChat().position).toBeLessThan(history.numTokens);
  });

  test("D6: nothing counts as evaluated before the cache holds it", () => {
    const history = filled();
    history.append("user", "four");
    history.embedChat();
    history.embedChat();
    expect(history[-1]?.cached).toBe(false);
    history.pop(1);
    expect(history.position).toBe(history.numTokens);
  });

  test("D7: what follows a reply in the template is evaluated with the next turn", () => {
    const history = createHistory("vicuna-v1", "Sys");
    history.append("user", "Hi");
    const prompt = history.tokens;
    const generated = model.tokenize("Hello");
    history.append("bot", {
      text: "Hello",
      tokens: generated,
      kvCache: { tokens: [...prompt, ...generated] },
    });
    history.append("user", "More");
    const { input, position } = history.embedChat();
    expect(position).toBe(prompt.length + generated.length);
    expect(model.detokenize(input, true)).toBe("\nUSER: More\nASSISTANT: ");
  });

  test("D9: the whole chat is never appended to a cache that has it", () => {
    const history = filled();
    history.append("user", "four");
    const { input } = history.embedChat();
    expect(input).toEqual(history[-1]!.tokens);
    expect(history.embedChat({ useCache: false }).input).toEqual(history.tokens);
  });

  test("D10: nothing new is an empty input at the position", () => {
    const history = filled();
    const [input, position] = history.embedChat();
    expect(input).toEqual([]);
    expect(position).toBe(history.numTokens);
  });

  test("D11: an unknown role is an error that names the known ones, at append", () => {
    const history = filled();
    expect(() => history.append("narrator", "x")).toThrow(
      expect.objectContaining({
        code: "role-unknown",
        message: expect.stringMatching(/chat-ml.*narrator.*user/),
      }),
    );
    expect(history.length).toBe(7);
    const own = createHistory({ ...ChatTemplates["chat-ml"], narrator: `(${messageMark})` }, false);
    own.append("narrator", "It rained.");
    expect(rendered(own)).toContain("(It rained.)");
  });

  test("D12: wrapping keeps the system message first and begins with a user turn, at every budget", () => {
    const whole = filled().numTokens;
    for (let wrapTokens = 1; wrapTokens <= whole; wrapTokens++) {
      const history = filled();
      history.reset({ wrapTokens });
      expect(history[0]?.role).toBe("system");
      const rest = history.slice(1);
      if (rest.length > 0) expect(rest[0]?.role).toBe("user");
      const tail = history.numTokens - (history[1]?.startToken ?? history.numTokens);
      expect(tail).toBeLessThanOrEqual(Math.max(wrapTokens, 0));
    }
    const short = filled();
    expect(short.findWrapEntry(100_000)?.text).toBe("one");
    expect(() => short.embedChat({ maxTokens: 20, wrapTokens: 3 })).toThrow(
      expect.objectContaining({ code: "context-overflow" }),
    );
    expect(short.length).toBe(7);
    short.embedChat({ maxTokens: short.numTokens - 1, wrapTokens: 60 });
    expect(texts(short).slice(-2)).toEqual(["three", "3"]);
    expect(short.embedChat({ maxTokens: 10 }).input).toHaveLength(10);
  });

  test("D13: a new system prompt replaces only the system message", () => {
    const history = filled();
    history.systemPrompt = "New";
    expect(texts(history)).toEqual(["New", "one", "1", "two", "2", "three", "3"]);
    history.systemPrompt = undefined;
    expect(history.systemPrompt).toBe("New");
    const gemma = createHistory("gemma");
    gemma.systemPrompt = "Be brief.";
    gemma.append("user", "Hi");
    expect(gemma.systemPromptFolded).toBe(true);
    expect(rendered(gemma)).toContain("user\nBe brief.\n\nHi<end_of_turn>");
    expect(history.systemPromptFolded).toBe(false);
  });

  test("D14: two models with one template do not share ids", () => {
    const other = new FakeModel({ specialTokens: ["<s>", "</s>", "<pad>", "<|im_start|>", "<|im_end|>"] });
    const a = new ChatHistory(model, { chatTemplate: "chat-ml" });
    const b = new ChatHistory(other, { chatTemplate: "chat-ml" });
    expect(other.detokenize(b.tokens, true)).toBe(model.detokenize(a.tokens, true));
    expect(Object.isFrozen(ChatTemplates["chat-ml"])).toBe(true);
  });

  test("D15: an unknown name is an error that says which there are", () => {
    expect(() => createHistory("chatml-2000")).toThrow(expect.objectContaining({ code: "template-unknown" }));
    expect(() => createHistory({ user: "x" })).toThrow(expect.objectContaining({ code: "template-invalid" }));
  });

  test("a message may be one object: its role, and its content under the name of its type", () => {
    const history = createHistory({
      user: `U ${messageMark}`,
      bot: messageMark,
      narrator: `(${messageMark})`,
    });
    expect(history.append({ role: "narrator", text: "It rains." })).toMatchObject({
      role: "narrator",
      type: "text",
    });
    expect(history.append({ role: "user", image: "cat.jpg", pinned: true })).toMatchObject({
      type: "image",
      content: "cat.jpg",
      pinned: true,
    });
    expect(history.length).toBe(2);
    for (const wrong of [{ role: "bard", text: "x" }, { role: "user" }, { text: "x" }])
      expect(() => history.append(wrong as never)).toThrow(ColloquyError);
    expect(history.length).toBe(2);
  });

  test("an image has no tokens before it was read; embedChat says so instead of leaving it out", async () => {
    const seen = new FakeModel();
    const markers = new Map<string, Token[]>();
    Object.assign(seen, { spans: { tokensOf: (marker: string) => markers.get(marker) } });
    const history = new ChatHistory(seen, { chatTemplate: "chat-ml" });
    await history.prepareMedia();
    history.append("user", [{ image: "cat.jpg" }, "What is this?"]);
    const unsupported = expect.objectContaining({ code: "media-unsupported" });
    expect(() => history.embedChat()).toThrow(unsupported);
    await expect(history.prepareMedia()).rejects.toEqual(unsupported);
    markers.set(mediaMarker({ type: "image", source: "cat.jpg" }), [-1, -1, -1] as Token[]);
    const { input } = history.embedChat();
    expect(input.filter((token) => (token as number) === -1)).toHaveLength(3);
  });

  test("D16: tokens may come in any kind of array", () => {
    for (const tokens of [Uint32Array.of(104, 105), [104, 105]]) {
      expect(new ChatMessage("bot", "hi", { tokens }).generatedTokens).toEqual([104, 105] as Token[]);
    }
  });
});
