import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { FakeSequence, type ScriptView, scripted } from "../../../test/fake/fake-sequence.ts";
import { ChatMLChatWrapper } from "../../template/wrappers/chat-ml-chat-wrapper.ts";
import { LlamaChatSession } from "../session/llama-chat-session.ts";
import { equalCallsMax } from "./call-repetition.ts";
import { defineChatSessionFunction } from "./chat-session-function.ts";

function createSession(script: (view: ScriptView) => string, contextSize = 4096) {
  const model = new FakeModel();
  const sequence = new FakeSequence(model, { next: scripted(script), contextSize });
  const session = new LlamaChatSession({
    contextSequence: sequence,
    chatWrapper: new ChatMLChatWrapper(),
    systemPrompt: "Be kind.",
  });
  return { model, sequence, session };
}

/** Writes `plan` around what the engine inserts: the part of it that follows what was written. */
function follow(plan: string): (view: ScriptView) => string {
  return ({ written }) => (plan.startsWith(written) ? plan.slice(written.length) : "");
}

const price = defineChatSessionFunction({
  description: "Get the price of a fruit",
  params: { type: "object", properties: { name: { type: "string" } } },
  handler: ({ name }) => ({ name, price: name === "apple" ? 6 : 4 }),
});

describe("function calls", () => {
  test("runs a call, gives the result to the model and goes on", async () => {
    const call = '||call: getPrice({"name": "apple"})';
    const result = '\n||result: {"name": "apple", "price": 6}\n';
    const { session } = createSession(follow(`Let me see. ${call}${result}It costs $6.`));
    const chunks: { text: string; done: boolean; index: number }[] = [];
    const streamed: string[] = [];
    const meta = await session.promptWithMeta("What is an apple?", {
      functions: { getPrice: price },
      onTextChunk: (chunk) => streamed.push(chunk),
      onFunctionCallParamsChunk: ({ callIndex, functionName, paramsChunk, done }) => {
        expect(functionName).toBe("getPrice");
        chunks.push({ text: paramsChunk, done, index: callIndex });
      },
    });
    expect(meta.response).toEqual([
      "Let me see. ",
      {
        type: "functionCall",
        name: "getPrice",
        description: "Get the price of a fruit",
        params: { name: "apple" },
        result: { name: "apple", price: 6 },
        rawCall: expect.anything(),
      },
      "It costs $6.",
    ]);
    expect(streamed.join("")).toBe(meta.responseText);
    expect(chunks.map(({ text }) => text).join("")).toBe('{"name": "apple"}');
    expect(chunks.at(-1)).toEqual({ text: "", done: true, index: 0 });
    expect(chunks.filter(({ done }) => done)).toHaveLength(1);
    expect(JSON.parse(JSON.stringify(session.getChatHistory())).at(-1).response).toHaveLength(3);
  });

  test("nothing of the chat is evaluated again around a call", async () => {
    const call = '||call: getPrice({"name": "apple"})';
    const result = '\n||result: {"name": "apple", "price": 6}\n';
    const { session, sequence } = createSession(follow(`${call}${result}It costs $6.`));
    await session.prompt("What is an apple?", { functions: { getPrice: price } });
    const again = sequence.tokenMeter.usedInputTokens - sequence.contextTokens.length;
    // The first token that the model wrote of the opener may be evaluated twice, the prompt's tokens never.
    expect(again).toBeLessThan(8);
  });

  test("only existing names and valid parameters can be written", async () => {
    const { session } = createSession(({ written }) => {
      if (written.includes("||result")) return "";
      return "||call: ".startsWith(written) ? "||call: ".slice(written.length) : "zzz";
    });
    const seen: unknown[] = [];
    const meta = await session.promptWithMeta("Hi", {
      maxTokens: 200,
      functions: {
        getPrice: defineChatSessionFunction({
          params: { type: "object", properties: { name: { enum: ["apple", "pear"] } } },
          handler: (params) => seen.push(params),
        }),
      },
    });
    expect(seen).toHaveLength(1);
    expect(["apple", "pear"]).toContain((seen[0] as { name: string }).name);
    expect(meta.stopReason).toBe("eogToken");
  });

  test("names that begin alike are told apart", async () => {
    const called: string[] = [];
    const fn = (name: string) => defineChatSessionFunction({ handler: () => void called.push(name) });
    const plan = "||call: getAll()\n||result: void\n||call: get()\n||result: void\nDone";
    const { session } = createSession(follow(plan));
    const text = await session.prompt("Hi", { functions: { get: fn("get"), getAll: fn("getAll") } });
    expect(called).toEqual(["getAll", "get"]);
    expect(text).toBe("Done");
    expect(session.getChatHistory().at(-1)).toMatchObject({
      response: [{ name: "getAll", params: undefined, result: undefined }, { name: "get" }, "Done"],
    });
  });

  test("a throwing handler rejects the prompt and leaves the history as it was", async () => {
    const { session } = createSession(follow("||call: fail()"));
    const before = session.getChatHistory();
    const error = new Error("no luck");
    const fail = defineChatSessionFunction({
      handler() {
        throw error;
      },
    });
    await expect(session.prompt("Hi", { functions: { fail } })).rejects.toBe(error);
    expect(session.getChatHistory()).toEqual(before);
    expect(await session.prompt("Hi")).toBe("||call: fail()");
  });

  test("with functionErrors: report the model is told", async () => {
    const plan = '||call: fail()\n||result: {"error": "no luck"}\nSorry';
    const { session } = createSession(follow(plan));
    const fail = defineChatSessionFunction({
      async handler() {
        throw new Error("no luck");
      },
    });
    expect(await session.prompt("Hi", { functions: { fail }, functionErrors: "report" })).toBe("Sorry");
  });

  test.each([
    ["a cycle", () => Object.assign({}, { self: undefined as unknown }, makeCycle())],
    ["a bigint", () => 10n],
    ["a function", () => () => 1],
  ])("a result that JSON cannot hold is refused: %s", async (_what, handler) => {
    const { session } = createSession(follow("||call: odd()"));
    const odd = defineChatSessionFunction({ handler });
    await expect(session.prompt("Hi", { functions: { odd } })).rejects.toMatchObject({
      code: "function-failure",
    });
    expect(session.getChatHistory()).toHaveLength(1);
  });

  test("a model that repeats one call for ever is stopped", async () => {
    let calls = 0;
    const { session } = createSession(({ written }) => {
      const now = written.split("void\n").at(-1)!;
      return "||call: again()".slice(now.length);
    });
    const again = defineChatSessionFunction({ handler: () => void calls++ });
    await expect(session.prompt("Hi", { functions: { again } })).rejects.toMatchObject({
      code: "function-loop",
    });
    expect(calls).toBe(equalCallsMax);
    expect(session.getChatHistory()).toHaveLength(1);
  });

  test("an abort while a handler runs does not wait for it", async () => {
    const { session } = createSession(follow("Wait. ||call: slow()"));
    const controller = new AbortController();
    const slow = defineChatSessionFunction({
      handler: () => new Promise(() => controller.abort(new Error("enough"))),
    });
    await expect(session.prompt("Hi", { functions: { slow }, signal: controller.signal })).rejects.toThrow(
      "enough",
    );
    expect(session.getChatHistory()).toHaveLength(1);
  });

  test("refuses names that no call can have", async () => {
    const { session } = createSession(() => "");
    await expect(session.prompt("Hi", { functions: { "a b": price } })).rejects.toMatchObject({
      code: "invalid-argument",
    });
    await expect(session.prompt("Hi", { functions: { a: {} as never } })).rejects.toMatchObject({
      code: "invalid-argument",
    });
  });
});

function makeCycle(): object {
  const cycle: { self?: unknown } = {};
  cycle.self = cycle;
  return cycle;
}
