import { describe, expect, test } from "vitest";
import { FakeModel } from "../../../test/fake/fake-model.ts";
import { FakeSequence, type NextToken } from "../../../test/fake/fake-sequence.ts";
import type { ChatModelResponse } from "../../template/chat-history-items.ts";
import type { ChatWrapper } from "../../template/chat-wrapper.ts";
import { tokenizeContext } from "../../template/tokenize-context.ts";
import { FunctionaryChatWrapper } from "../../template/wrappers/functionary-chat-wrapper.ts";
import { HarmonyChatWrapper } from "../../template/wrappers/harmony-chat-wrapper.ts";
import { Llama3_1ChatWrapper } from "../../template/wrappers/llama3-1-chat-wrapper.ts";
import { MistralChatWrapper } from "../../template/wrappers/mistral-chat-wrapper.ts";
import { QwenChatWrapper } from "../../template/wrappers/qwen-chat-wrapper.ts";
import { defineChatSessionFunction } from "../functions/chat-session-function.ts";
import { LlamaChatSession } from "./llama-chat-session.ts";

const specialTokens = [
  "<s>",
  "</s>",
  ...["<|im_start|>", "<|im_end|>", "<|start|>", "<|end|>", "<|channel|>", "<|message|>", "<|call|>"],
  ...["<|return|>", "<|constrain|>", "<|eot_id|>", "<|eom_id|>", "<|start_header_id|>", "<|end_header_id|>"],
];

/** Follows the text of a conversation from the given beginning on, whoever writes it. */
function along(start: string, plan: string): NextToken {
  return (tokens, model) => {
    const text = model.detokenize(tokens, true);
    const written = text.slice(text.lastIndexOf(start) + start.length);
    if (!plan.startsWith(written)) throw new Error(`off the plan: ${JSON.stringify(written)}`);
    const rest = plan.slice(written.length);
    return rest === "" ? model.special("</s>") : model.tokenize(rest, true)[0]!;
  };
}

const model = new FakeModel({ specialTokens });

function createSession(chatWrapper: ChatWrapper, start: string, plan: string) {
  const sequence = new FakeSequence(model, { next: along(start, plan), contextSize: 8192 });
  return new LlamaChatSession({ contextSequence: sequence, chatWrapper, systemPrompt: "Sys" });
}

/** What a wrapper writes after the question, control tokens as text. */
function afterQuestion(wrapper: ChatWrapper, response: ChatModelResponse["response"]): string {
  const { contextText } = wrapper.generateContextState({
    chatHistory: [
      { type: "user", text: "Which?" },
      { type: "model", response },
    ],
    availableFunctions: functions,
  });
  return model.detokenize(tokenizeContext(contextText, model), true).split("Which?").at(-1)!;
}

const calls: string[] = [];
const functions = {
  getPrice: defineChatSessionFunction({
    description: "Price of a fruit",
    params: { type: "object", properties: { name: { type: "string" } } },
    handler({ name }) {
      calls.push(name);
      return name.length;
    },
  }),
};

describe("formats with channels", () => {
  test("thought, then the answer", async () => {
    const plan =
      "<|channel|>analysis<|message|>Hm.<|end|><|start|>assistant<|channel|>final<|message|>Four<|return|>";
    const session = createSession(new HarmonyChatWrapper(), "2+2?<|end|><|start|>assistant", plan);
    const result = await session.promptWithMeta("2+2?");
    expect(result).toMatchObject({ responseText: "Four", stopReason: "stopGenerationTrigger" });
    expect(result.response).toMatchObject([{ segmentType: "thought", text: "Hm.", ended: true }, "Four"]);
  });

  test("an answer that ends like a message ends the response", async () => {
    const session = createSession(
      new HarmonyChatWrapper(),
      "2+2?<|end|><|start|>assistant",
      "<|channel|>final<|message|>Four<|end|>",
    );
    expect(await session.prompt("2+2?")).toBe("Four");
  });

  test("a comment, a call in the commentary channel, and the answer", async () => {
    const plan =
      "<|channel|>commentary<|message|>Looking.<|end|><|start|>assistant" +
      '<|channel|>commentary to=functions.getPrice <|constrain|>json<|message|>{"name": "fig"}<|call|>' +
      "<|start|>functions.getPrice to=assistant<|channel|>commentary<|message|>3<|end|><|start|>assistant" +
      "<|channel|>final<|message|>Three<|return|>";
    const session = createSession(new HarmonyChatWrapper(), "Fig?<|end|><|start|>assistant", plan);
    const result = await session.promptWithMeta("Fig?", { functions });
    expect(result.responseText).toBe("Three");
    expect(result.response).toMatchObject([
      { segmentType: "comment", text: "Looking." },
      { name: "getPrice", params: { name: "fig" }, result: 3 },
      "Three",
    ]);
  });
});

describe("calls in the formats of models", () => {
  const call = (name: string, startsNewChunk?: boolean) => ({
    type: "functionCall" as const,
    name: "getPrice",
    params: { name },
    result: name.length,
    startsNewChunk,
  });

  test.each([
    ["at once", undefined, [call("fig", true), call("apple")]],
    ["one after the other when only one at once is allowed", 1, [call("fig", true), call("apple", true)]],
  ] as const)("several calls %s", async (_what, maxParallelFunctionCalls, items) => {
    calls.length = 0;
    const wrapper = new QwenChatWrapper({ thoughts: "modelInitiated" });
    const start = afterQuestion(wrapper, []);
    const plan = afterQuestion(wrapper, [...items, "Both"]).slice(start.length);
    const session = createSession(wrapper, `Which?${start}`, plan);
    const result = await session.promptWithMeta("Which?", { functions, maxParallelFunctionCalls });
    expect(calls).toEqual(["fig", "apple"]);
    expect(result.responseText).toBe("Both");
    const made = result.response.filter((item) => typeof item === "object");
    expect(made.map((item) => "startsNewChunk" in item)).toEqual(
      items.map((item) => item.startsNewChunk === true),
    );
  });

  test.each([
    ["Llama 3.1", new Llama3_1ChatWrapper()],
    ["Mistral", new MistralChatWrapper()],
    ["Functionary", new FunctionaryChatWrapper()],
    ["Qwen", new QwenChatWrapper({ thoughts: "modelInitiated" })],
  ] as const)("a call, its result and the answer: %s", async (_name, wrapper) => {
    calls.length = 0;
    const start = afterQuestion(wrapper, []);
    const plan = afterQuestion(wrapper, [call("fig"), "Three"]).slice(start.length);
    const session = createSession(wrapper, `Which?${start}`, plan);
    const result = await session.promptWithMeta("Which?", { functions });
    expect(calls).toEqual(["fig"]);
    expect(result.responseText).toBe("Three");
    expect(session.history.numTokens).toBe(session.history.position);
  });

  test("an answer without a call where the format begins with calls", async () => {
    const wrapper = new FunctionaryChatWrapper();
    const start = afterQuestion(wrapper, []);
    const session = createSession(wrapper, `Which?${start}`, ">>>all\nNeither");
    const chunks: string[] = [];
    const onTextChunk = (chunk: string) => chunks.push(chunk);
    expect(await session.prompt("Which?", { functions, onTextChunk })).toBe("Neither");
    expect(chunks.join("")).toBe("Neither");
  });
});
