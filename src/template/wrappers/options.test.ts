import { describe, expect, it } from "vitest";
import type { ChatModelFunctionCall } from "../chat-history-items.ts";
import { LlamaText } from "../llama-text.ts";
import {
  call,
  chatML,
  functions,
  llama3Open,
  model,
  oneTurn,
  open,
  render,
  several,
  show,
  system,
  thoughts,
  user,
} from "../testing/conversations.ts";
import { ChatMLChatWrapper } from "./chat-ml-chat-wrapper.ts";
import { DeepSeekChatWrapper } from "./deep-seek-chat-wrapper.ts";
import { FunctionaryChatWrapper } from "./functionary-chat-wrapper.ts";
import { HarmonyChatWrapper } from "./harmony-chat-wrapper.ts";
import { Llama2ChatWrapper } from "./llama2-chat-wrapper.ts";
import { MistralChatWrapper } from "./mistral-chat-wrapper.ts";
import { QwenChatWrapper } from "./qwen-chat-wrapper.ts";
import { SeedChatWrapper } from "./seed-chat-wrapper.ts";
import { TemplateChatWrapper } from "./template-chat-wrapper.ts";

describe("functions in the formats", () => {
  it("Qwen describes them as its template does", () => {
    expect(render(new QwenChatWrapper(), [system, user("Day?")], functions)).toBe(
      `${chatML(
        "system",
        "Be brief.\n\n# Tools\n\nYou may call one or more functions to assist with the user query.\n\n" +
          "You are provided with function signatures within <tools></tools> XML tags:\n<tools>\n" +
          '{"type": "function", "function": {"name": "getDate", "description": "The date", "parameters": {"type": "object", "properties": {"zone": {"type": "string"}}}}}' +
          "\n</tools>\n\nFor each function call, return a json object with function name and arguments within <tool_call></tool_call> XML tags:\n" +
          '<tool_call>\n{"name": <function-name>, "arguments": <args-json-object>}\n</tool_call>',
      )}${chatML("user", "Day?")}<|im_start|>assistant\n`,
    );
  });

  it("Mistral puts tools before the last user message", () => {
    expect(render(new MistralChatWrapper(), [user("Hi"), model("Hello"), user("Day?")], functions)).toBe(
      '[BOS][INST]Hi[/INST]Hello[EOS][AVAILABLE_TOOLS][{"type": "function", "function": {"name": "getDate", "description": "The date", ' +
        '"parameters": {"type": "object", "properties": {"zone": {"type": "string"}}}}}][/AVAILABLE_TOOLS][INST]Day?[/INST]',
    );
  });

  it("Harmony shows them as a namespace to the developer", () => {
    const text = render(new HarmonyChatWrapper({ todayDate: null }), [user("Day?")], functions);
    expect(text).toContain(
      "<|start|>developer<|message|># Tools\n\n## functions\n\nnamespace functions {\n\n// The date\n" +
        "type getDate = (_: {zone: string}) => any;\n\n} // namespace functions<|end|>",
    );
    expect(text).toContain("Calls to these tools must go to the commentary channel: 'functions'.");
  });

  it("several calls at once are one section in Qwen", () => {
    const two = [user("Day?"), model(call, { ...call, result: "Tuesday" })];
    expect(render(new QwenChatWrapper(), two)).toBe(
      `${chatML("user", "Day?")}<|im_start|>assistant\n<tool_call>\n{"name": "getDate", "arguments": {"zone": "UTC"}}\n</tool_call>\n` +
        '<tool_call>\n{"name": "getDate", "arguments": {"zone": "UTC"}}\n</tool_call><|im_end|>\n' +
        "<|im_start|>user\n<tool_response>\nMonday\n</tool_response>\n<tool_response>\nTuesday\n</tool_response><|im_end|>\n<|im_start|>assistant\n",
    );
  });

  it("a call without parameters and one without a result", () => {
    const empty: ChatModelFunctionCall = {
      type: "functionCall",
      name: "now",
      params: undefined,
      result: undefined,
    };
    expect(render(new ChatMLChatWrapper(), [user("?"), model(empty)])).toContain(
      "||call: now()\n||result: void\n",
    );
    expect(render(new QwenChatWrapper(), [user("?"), model(empty)])).toContain(
      '{"name": "now", "arguments": {}}',
    );
  });

  it("a call is rendered as it was generated when that is known", () => {
    const raw = { ...call, rawCall: LlamaText('||call: getDate( {"zone":"UTC"})').toJSON() };
    expect(render(new ChatMLChatWrapper(), [user("?"), model(raw)])).toContain(
      '||call: getDate( {"zone":"UTC"})\n',
    );
  });
});

describe("options of the wrappers", () => {
  it("a thinking budget of Seed", () => {
    const text = render(new SeedChatWrapper({ thinkingBudget: 0 }), [system, user("Hi")]);
    expect(text).toContain(
      "<seed:eos><seed:bos>system\nYou are an intelligent assistant that can answer questions in one step",
    );
    expect(
      text.endsWith("I will directly start answering the question.</seed:cot_budget_reflect>\n</seed:think>"),
    ).toBe(true);
    expect(render(new SeedChatWrapper({ thinkingBudget: 600 }), oneTurn)).toContain(
      "within 600 tokens and start answering the user's questions. You will reflect on your thinking process every 256 tokens",
    );
  });

  it("thoughts of earlier responses stay when asked for", () => {
    const text = render(new QwenChatWrapper({ keepOnlyLastThought: false }), thoughts);
    expect(text).toContain("<|im_start|>assistant\n<think>\nHmm\n</think>\n\nHello<|im_end|>");
  });

  it("a space before the end of a response", () => {
    expect(render(new Llama2ChatWrapper({ addSpaceBeforeEos: true }), several)).toContain("Hello [EOS]");
    expect(render(new MistralChatWrapper({ addSpaceBeforeEos: true }), several)).toContain("Hello [EOS]");
  });

  it("DeepSeek refuses parallel calls in a syntax that has none", () => {
    expect(() => new DeepSeekChatWrapper({ parallelFunctionCalling: true })).toThrow(
      expect.objectContaining({ code: "invalid-argument" }),
    );
    const parallel = new DeepSeekChatWrapper({
      parallelFunctionCalling: true,
      functionCallingSyntax: "simplified",
    });
    expect(render(parallel, [user("?"), model(call)])).toBe(
      '[BOS]<｜User｜>?<｜Assistant｜><｜tool▁calls▁begin｜><｜tool▁call▁begin｜>getDate<｜tool▁sep｜>\n```json\n{"zone": "UTC"}\n' +
        "```<｜tool▁call▁end｜><｜tool▁calls▁end｜><｜end▁of▁sentence｜><｜tool▁outputs▁begin｜>" +
        '<｜tool▁output▁begin｜>"Monday"<｜tool▁output▁end｜><｜tool▁outputs▁end｜>',
    );
  });

  it("Harmony tells how the model may begin, and nothing of it within an open text", () => {
    const wrapper = new HarmonyChatWrapper();
    const start = wrapper.generateContextState({ chatHistory: oneTurn });
    expect(start.prefixTriggers?.map(({ type }) => type)).toEqual([
      "segment",
      "segment",
      "response",
      "functionCall",
      "functionCall",
    ]);
    expect(start.noPrefixTrigger?.inject.toString()).toBe("<|channel|>final<|message|>");
    expect(wrapper.generateContextState({ chatHistory: open }).prefixTriggers).toBeUndefined();
  });

  it("Functionary begins with a call only when there are functions", () => {
    const wrapper = new FunctionaryChatWrapper();
    expect(wrapper.generateContextState({ chatHistory: oneTurn }).functionCall).toBeUndefined();
    const state = wrapper.generateContextState({ chatHistory: oneTurn, availableFunctions: functions });
    expect(state.functionCall?.initiallyEngaged).toBe(true);
    expect(show(state.contextText).endsWith(llama3Open)).toBe(true);
  });

  it("templates without their placeholders are refused", () => {
    const historyTemplate = { system: "{{message}}", user: "{{message}}", model: "{{message}}" };
    for (const template of ["{{history}}{{completion}}", "{{completion}}{{history}}x", "{{history}}x"])
      expect(() => new TemplateChatWrapper({ template, historyTemplate })).toThrow(
        expect.objectContaining({ code: "invalid-argument" }),
      );
  });

  it("a new chat begins with a system prompt, except in Mistral", () => {
    expect(new ChatMLChatWrapper().generateInitialChatHistory({ systemPrompt: "X" })).toEqual([
      { type: "system", text: "X" },
    ]);
    expect(new ChatMLChatWrapper().generateInitialChatHistory()[0]?.type).toBe("system");
    expect(new MistralChatWrapper().generateInitialChatHistory()).toEqual([]);
  });
});
