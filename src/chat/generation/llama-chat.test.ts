import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { FakeSequence, replies } from "../../../test/fake/fake-sequence.ts";
import { LlamaJsonSchemaGrammar } from "../../engine/llama-json-schema-grammar.ts";
import type { ChatHistoryItem } from "../../template/chat-history-items.ts";
import { ChatMLChatWrapper } from "../../template/wrappers/chat-ml-chat-wrapper.ts";
import { LlamaChat } from "./llama-chat.ts";

function createChat(...texts: string[]) {
  const sequence = new FakeSequence(new FakeModel(), { next: replies(...texts) });
  return {
    sequence,
    chat: new LlamaChat({ contextSequence: sequence, chatWrapper: new ChatMLChatWrapper() }),
  };
}

const history: ChatHistoryItem[] = [
  { type: "system", text: "Sys" },
  { type: "user", text: "Hi" },
];

describe("LlamaChat", () => {
  test("answers a history without changing it", async () => {
    const { chat } = createChat("Hello", "Fine");
    const before = structuredClone(history);
    const first = await chat.generateResponse(history);
    expect(first.response).toBe("Hello");
    expect(history).toEqual(before);
    expect(first.lastEvaluation.cleanHistory).toEqual([...history, { type: "model", response: ["Hello"] }]);
    const second = await chat.generateResponse([
      ...first.lastEvaluation.cleanHistory,
      { type: "user", text: "How are you?" },
    ]);
    expect(second.response).toBe("Fine");
  });

  test("continues a history that ends with the model", async () => {
    const { chat } = createChat("Hello there");
    const { response, fullResponse } = await chat.generateResponse([
      ...history,
      { type: "model", response: ["Hel"] },
    ]);
    expect(response).toBe("Hello there");
    expect(fullResponse).toEqual(["Hello there"]);
  });

  test("hands calls over instead of running them", async () => {
    const { chat } = createChat('Well. ||call: add({"a": 1})');
    const seen: unknown[] = [];
    const result = await chat.generateResponse(history, {
      functions: { add: { params: { type: "object", properties: { a: { const: 1 } } } } },
      onFunctionCall: (call) => seen.push(call),
    });
    expect(result.metadata.stopReason).toBe("functionCalls");
    expect(result.functionCalls).toMatchObject([{ functionName: "add", params: { a: 1 } }]);
    expect(seen).toEqual(result.functionCalls);
    expect(result.response).toBe("Well. ");
  });

  test("with a grammar and functions, the response is a call or an answer that fits", async () => {
    const functions = { add: { params: { type: "object", properties: { a: { const: 1 } } } } };
    const grammar = new LlamaJsonSchemaGrammar({ enum: ["yes", "||call: add"] } as const);
    const call = await createChat('||call: add({"a": 1})').chat.generateResponse(history, {
      functions,
      grammar,
    });
    expect(call.functionCalls).toMatchObject([{ functionName: "add", params: { a: 1 } }]);
    expect(call.response).toBe("");
    const answer = await createChat('"yes", I think').chat.generateResponse(history, { functions, grammar });
    expect(answer.functionCalls).toBeUndefined();
    expect(answer.response).toBe('"yes"');
    // What looks like a call within the answer is a part of it.
    const text = '"||call: add"';
    const quoted = await createChat(text).chat.generateResponse(history, { functions, grammar });
    expect(quoted.response).toBe(text);
    expect(quoted.functionCalls).toBeUndefined();
  });

  test.each([
    ["guide", '{"a": 1}', ['{"a": 1, "b": 2}']],
    ["standard", '{"b": 2}', ['{"b": 2}']],
  ] as const)("parameters in the %s dialect", async (paramsDialect, wanted, written) => {
    const params = {
      type: "object",
      properties: { a: { type: "integer" }, b: { const: 2 } },
      required: ["b"],
    };
    const { chat } = createChat(`||call: add(${wanted})`);
    const { functionCalls } = await chat.generateResponse(history, {
      functions: { add: { params, paramsDialect } },
      maxTokens: 60,
    });
    if (paramsDialect === "standard") {
      expect(functionCalls).toMatchObject([{ params: JSON.parse(written[0]) }]);
    } else expect(functionCalls?.[0]?.params).toMatchObject({ a: 1, b: 2 });
  });

  test("a call that maxTokens cut off is none", async () => {
    const { chat } = createChat('||call: add({"a": 1})');
    const result = await chat.generateResponse(history, {
      maxTokens: 14,
      functions: { add: { params: { type: "object", properties: { a: { type: "string" } } } } },
    });
    expect(result.functionCalls).toBeUndefined();
    expect(result.metadata.stopReason).toBe("maxTokens");
  });

  test("completes the user's message", async () => {
    const { chat, sequence } = createChat("");
    const result = await chat.loadChatAndCompleteUserMessage(history.slice(0, 1), {
      initialUserPrompt: "Hi",
      maxTokens: 0,
    });
    expect(result.completion).toBe("");
    expect(sequence.model.detokenize(sequence.contextTokens, true)).toMatch(/user\nHi$/);
  });

  test("calls at once run one after the other", async () => {
    const { chat } = createChat("Hello");
    const results = await Promise.all([chat.generateResponse(history), chat.generateResponse(history)]);
    expect(results.map(({ response }) => response)).toEqual(["Hello", "Hello"]);
  });
});
