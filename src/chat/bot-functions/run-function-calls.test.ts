import { describe, expect, test } from "vitest";
import { BotFunctionSet } from "./bot-function-set.ts";

const HERMES = { tool_call: "<tool_call>(.*?)</tool_call>", tool_response: "tool result" };

function createSet(): BotFunctionSet {
  const set = new BotFunctionSet();
  set.register((a: number, b: number) => a + b, { name: "add" });
  set.register((text: string) => `${text}!`, { name: "shout" });
  set.register(() => undefined, { name: "nothing" });
  set.register(() => ({ a: [1, { b: null }] }), { name: "data" });
  set.register(() => 10n, { name: "bigint" });
  set.register(() => Promise.reject(new Error("broken")), { name: "fails" });
  set.register(() => "secret", { name: "hidden", enabled: false });
  return set;
}

function tool(call: unknown): string {
  return `<tool_call>\n${typeof call === "string" ? call : JSON.stringify(call)}\n</tool_call>`;
}

describe("D29: JSON-style calls", () => {
  test("all calls, both keys, nested and textual arguments", async () => {
    const text = [
      tool({ name: "add", arguments: { a: 1, b: 2 } }),
      tool({ name: "add", parameters: { b: 4, a: 3 } }),
      tool({ type: "function", function: { name: "add", arguments: '{"a": 5, "b": 6}' } }),
      tool([{ name: "shout", arguments: ["hi"] }, { name: "nothing" }]),
    ].join("\n");
    expect(await createSet().run(text, { template: HERMES })).toEqual([
      { name: "add", content: 3 },
      { name: "add", content: 7 },
      { name: "add", content: 11 },
      { name: "shout", content: "hi!" },
      { name: "nothing", content: null },
    ]);
  });

  test("every failure has the same form", async () => {
    const text = [
      "{not json",
      { arguments: {} },
      7,
      { name: "missing", arguments: {} },
      { name: "hidden" },
      { name: "fails" },
      { name: "bigint" },
      { name: "add", arguments: "{" },
      { name: "add", arguments: 7 },
      { name: "add", arguments: { c: 1 } },
      { name: "data" },
    ].map(tool);
    const results = await createSet().run(text.join(""), { template: HERMES });
    const known = "add, shout, nothing, data, bigint, fails";
    expect(results).toEqual([
      { name: "", error: "the call is not valid JSON" },
      { name: "", error: "the call has no name" },
      { name: "", error: "the call has no name" },
      { name: "missing", error: `there is no function missing; there is ${known}` },
      { name: "hidden", error: `there is no function hidden; there is ${known}` },
      { name: "fails", error: "broken" },
      { name: "bigint", error: "the result cannot be written as JSON" },
      { name: "add", error: "the arguments are not valid JSON" },
      { name: "add", error: "the arguments are not an object" },
      { name: "add", error: "add has no parameter c" },
      { name: "data", content: { a: [1, { b: null }] } },
    ]);
    expect(JSON.parse(JSON.stringify(results))).toEqual(results);
  });

  test("a pattern without a group is the call itself; patterns may be regular expressions", async () => {
    const text = '{"name": "shout", "parameters": {"text": "a"}}';
    expect(await createSet().run(text, { template: { tool_call: /^\{.*\}$/i } })).toEqual([
      { name: "shout", content: "a!" },
    ]);
  });

  test("a template without calls, and one whose pattern is broken, are refused", async () => {
    await expect(createSet().run("x", { template: {} })).rejects.toMatchObject({ code: "unsupported" });
    await expect(createSet().run("x", { template: { tool_call: "(" } })).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });

  test("the number of calls and the length of a result are bounded", async () => {
    const set = createSet();
    const call = tool({ name: "shout", arguments: { text: "abc" } });
    const options = { template: HERMES, callsMax: 1, resultLengthMax: 2 };
    expect(await set.run(call + call, options)).toEqual([
      { name: "shout", content: "ab… (4 characters in all)" },
      { name: "shout", error: "more than 1 calls in one reply" },
    ]);
    const clipped = await set.run(tool({ name: "data" }), { template: HERMES, resultLengthMax: 5 });
    expect(clipped).toEqual([{ name: "data", content: '{"a":… (20 characters in all)' }]);
  });
});

describe("D27: python-style calls in a finished text", () => {
  test("every call in order, non-strings kept as JSON values, failures told", async () => {
    const text = "`add(1, b=2)`, shout('a)b') and nothing(); fails() add(x) hidden() other()";
    expect(await createSet().run(text)).toEqual([
      { name: "add", content: 3 },
      { name: "shout", content: "a)b!" },
      { name: "nothing", content: null },
      { name: "fails", error: "broken" },
      { name: "add", error: "x is not a literal" },
    ]);
  });

  test("another list of functions", async () => {
    const functions = createSet()
      .list()
      .filter((fn) => fn.name === "shout");
    expect(await createSet().run("add(1, 2) shout('x')", { functions })).toEqual([
      { name: "shout", content: "x!" },
    ]);
  });
});
