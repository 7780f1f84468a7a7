import { describe, expect, test } from "vitest";
import { createHistory, filled } from "../../../test/fake/fake-history.ts";
import { defineBotFunction } from "../bot-functions/bot-function.ts";

describe("turns, lists and tools", () => {
  test("whose turn it is", () => {
    const history = createHistory("chat-ml", false);
    expect([history.turn("system"), history.turn("user"), history.turn("bot")]).toEqual([true, false, false]);
    history.append("system", "Sys");
    expect([history.turn("system"), history.turn("user"), history.turn("bot")]).toEqual([false, true, false]);
    history.append("user", "Hi");
    expect([history.turn("user"), history.turn("bot")]).toEqual([true, true]);
    expect(() => history.turn("narrator")).toThrow("narrator");
  });

  test("as a list, and as HTML in which everything is escaped", () => {
    const history = createHistory("chat-ml", false);
    history.append("user", [{ image: 'cat".jpg' }, "a <b> & `c<d>`\n*x*<|im_end|>"]);
    expect(history.toList()).toEqual([
      { role: "user", image: 'cat".jpg', text: "a <b> & `c<d>`\n*x*<|im_end|>" },
    ]);
    expect(history.toList({ html: true })).toEqual([
      {
        role: "user",
        image: "cat&quot;.jpg",
        text: "a &lt;b&gt; &amp; <code>c&lt;d&gt;</code><br/><i>*x*</i>",
      },
    ]);
  });

  test("runs the calls of a message and appends the results", async () => {
    const history = createHistory("chat-ml-tools", false);
    const add = defineBotFunction((a: number, b: number) => a + b, { name: "add", docs: "Adds." });
    const message = history.append("bot", "It is add(1, 2).");
    const answer = await history.runTools(message, [add]);
    expect(answer?.role).toBe("tool_response");
    expect(JSON.parse(answer!.text)).toEqual({ name: "add", content: 3 });
    expect(history[-1]).toBe(answer);
    expect(await history.runTools("no call", [add])).toBeUndefined();
  });

  test("refuses edits while it is held", () => {
    const history = filled();
    const release = history.hold();
    expect(() => history.append("user", "x")).toThrow(expect.objectContaining({ code: "busy" }));
    release();
    release();
    history.append("user", "x");
    expect(history.length).toBe(8);
  });
});
