import { describe, expect, it } from "vitest";
import type { ChatHistoryItem } from "../chat-history-items.ts";
import { SpecialTokensText } from "../llama-text.ts";
import { call, model, render, show, system, user } from "../testing/conversations.ts";
import { createFakeModel } from "../testing/fake-model.ts";
import { messageMark as M, parseChatTemplate, templateRoles } from "./chat-template.ts";
import { type ChatTemplateName, ChatTemplates } from "./chat-templates.ts";
import { chatTemplate } from "./choose-chat-template.ts";
import { NamedTemplateChatWrapper } from "./named-template-chat-wrapper.ts";
import { renderTemplateMessages } from "./render-template.ts";

const chat = (names: string) =>
  names
    .split(" ")
    .map((role) => ({ role, text: { system: "S", user: "U", bot: "B", tool_response: "R" }[role]! }));
const join = (name: ChatTemplateName, names: string) =>
  renderTemplateMessages(ChatTemplates[name], chat(names)).map(show).join("");

const llama3Header = (role: string) => `<|start_header_id|>${role}<|end_header_id|>\n\n`;
const llama3Chat =
  `<|begin_of_text|>${llama3Header("system")}S<|eot_id|>${llama3Header("user")}U<|eot_id|>` +
  `${llama3Header("assistant")}B<|eot_id|>${llama3Header("user")}U<|eot_id|>${llama3Header("assistant")}`;
const chatMLChat =
  "<|im_start|>system\nS<|im_end|>\n<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\nB\n" +
  "<|im_start|>user\nU<|im_end|>\n<|im_start|>assistant\n";
const llama2Chat = "<s>[INST] <<SYS>>\nS\n<</SYS>>\n\nU [/INST] B<s>[INST] U [/INST]";
const vicunaV0Chat = "S\n\n### Human: U\n### Assistant: B\n### Human: U\n### Assistant: ";
const vicunaV1Chat = "S\n\nUSER: U\nASSISTANT: B\nUSER: U\nASSISTANT: ";

const withSystem: readonly (readonly [ChatTemplateName, string])[] = [
  ["llama-2", llama2Chat],
  ["llama-3", llama3Chat],
  ["llama-3.1", llama3Chat],
  ["tiny-llama", "<|system|>\nS</s>\n<|user|>\nU</s>\n<|assistant|>\nB<|user|>\nU</s>\n<|assistant|>\n"],
  ["sheared-llama", "S\n\n### Input:\nU\n\n### Response:B### Input:\nU\n\n### Response:"],
  ["vicuna-v0", vicunaV0Chat],
  ["llava-v0", vicunaV0Chat],
  ["vicuna-v1", vicunaV1Chat],
  ["llava-v1", vicunaV1Chat],
  ["chat-ml", chatMLChat],
  ["chat-ml-tools", chatMLChat],
  [
    "nous-obsidian",
    "<|im_start|>system\nS\n###\n<|im_start|>user\nU\n###\n<|im_start|>assistant\nB\n<|im_start|>user\nU\n###\n<|im_start|>assistant\n",
  ],
  [
    "stablelm-zephyr",
    "<|system|>\nS<|endoftext|>\n<|user|>\nU<|endoftext|>\n<|assistant|>\nB\n<|user|>\nU<|endoftext|>\n<|assistant|>\n",
  ],
  ["llava-llama-2", llama2Chat],
];
const withoutSystem: readonly (readonly [ChatTemplateName, string])[] = [
  ["open-llama", "Q: U\nA:B\nQ: U\nA:"],
  ["phi-2-chat", "Alice: U\nBob: B\nAlice: U\nBob: "],
  ["phi-2-instruct", "Instruct: U\nOutput: B\nInstruct: U\nOutput: "],
  [
    "gemma",
    "<bos><start_of_turn>user\nU<end_of_turn>\n<start_of_turn>model\nB<end_of_turn>\n<start_of_turn>user\nU<end_of_turn>\n<start_of_turn>model\n",
  ],
  ["bunny", "USER: U\nASSISTANT: B\nUSER: U\n"],
  ["openvla", "<s>UB<s>U"],
];

describe("templates by name", () => {
  it.each(withSystem)("%s", (name, text) => expect(join(name, "system user bot user")).toBe(text));
  it.each(withoutSystem)("%s", (name, text) => expect(join(name, "user bot user")).toBe(text));

  it("are twenty, and frozen", () => {
    expect([...withSystem, ...withoutSystem].map(([name]) => name).sort()).toEqual(
      Object.keys(ChatTemplates).sort(),
    );
    expect(Object.keys(ChatTemplates).length).toBe(20);
    expect(() => Object.assign(ChatTemplates["chat-ml"], { stop: [1] })).toThrow(TypeError);
    expect(() => (ChatTemplates["llama-3"].stop as string[]).push("x")).toThrow(TypeError);
  });

  it("write results of calls", () => {
    expect(join("llama-3.1", "user tool_response")).toContain(
      `${llama3Header("ipython")}R<|eot_id|>\n${llama3Header("assistant")}`,
    );
    expect(join("chat-ml-tools", "user tool_response")).toContain(
      "<|im_start|>tool\n<tool_response>\nR\n</tool_response>\n<|im_end|>\n<|im_start|>assistant\n",
    );
  });

  it("merge neighbours of one role with a line break", () => {
    expect(join("vicuna-v1", "user user bot")).toBe("USER: U\nU\nASSISTANT: B\n");
  });

  it("refuse a role that they do not know, naming those that they do", () => {
    expect(() => renderTemplateMessages(ChatTemplates.gemma, [{ role: "narrator", text: "x" }])).toThrow(
      expect.objectContaining({ code: "role-unknown", message: expect.stringContaining("first, user, bot") }),
    );
    expect(() => renderTemplateMessages(ChatTemplates["llama-3"], [{ role: "stop", text: "x" }])).toThrow(
      expect.objectContaining({ code: "role-unknown" }),
    );
  });
});

describe("parseChatTemplate", () => {
  it("reads JSON text and objects, with roles of its own", () => {
    const template = parseChatTemplate(
      `{"user": "U ${M}", "bot": "${M}", "narrator": "(${M})", "stop": "X"}`,
    );
    expect(template.stop).toEqual(["X"]);
    expect(templateRoles(template)).toEqual(["user", "bot", "narrator"]);
    expect(renderTemplateMessages(template, [{ role: "narrator", text: "x" }]).join("")).toBe("(x)");
    expect(parseChatTemplate({ ...template })).toEqual(template);
  });

  it.each([
    ["not JSON", "{"],
    ["a list", "[]"],
    ["no bot", { user: M }],
    ["no mark", { user: M, bot: "x" }],
    ["two marks", { user: M + M, bot: M }],
    ["a number", { user: 1, bot: M }],
    ["a broken pattern", { user: M, bot: M, tool_call: "(" }],
    ["a broken stop", { user: M, bot: M, stop: [1] }],
  ])("refuses %s", (_name, input) => {
    expect(() => parseChatTemplate(input)).toThrow(expect.objectContaining({ code: "template-invalid" }));
  });
});

describe("NamedTemplateChatWrapper", () => {
  it("renders a history that ends within the response", () => {
    const wrapper = new NamedTemplateChatWrapper("vicuna-v1");
    expect(render(wrapper, [system, user("Hi"), model("Hel")])).toBe(
      "[BOS]Be brief.\n\nUSER: Hi\nASSISTANT: Hel",
    );
    expect(render(new NamedTemplateChatWrapper("llama-2"), [system, user("Hi")])).toBe(
      "<s>[INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] ",
    );
  });

  it("folds the system prompt into the first user turn when there is no place for it", () => {
    const wrapper = new NamedTemplateChatWrapper("gemma");
    expect(wrapper.settings.supportsSystemMessages).toBe(false);
    expect(render(wrapper, [system, user("Hi")])).toBe(
      "<bos><start_of_turn>user\nBe brief.\n\nHi<end_of_turn>\n<start_of_turn>model\n",
    );
  });

  it("takes the template's system prompt, its stops and its calls", () => {
    const wrapper = new NamedTemplateChatWrapper("chat-ml-tools");
    expect(wrapper.generateInitialChatHistory()).toEqual([
      { type: "system", text: "You are a helpful AI assistant." },
    ]);
    expect(new NamedTemplateChatWrapper("phi-2-chat").generateInitialChatHistory()).toEqual([]);
    expect(wrapper.stopTexts.map(String)).toEqual([
      "EOS",
      "<|im_end|>",
      "<|im_end|>",
      "</tool_call>",
      "</tool_call>",
    ]);
    const chatHistory: ChatHistoryItem[] = [user("Day?"), model(call, "Monday")];
    expect(render(wrapper, chatHistory)).toContain(
      '<tool_call>{"name": "getDate", "arguments": {"zone": "UTC"}}</tool_call><|im_start|>tool\n<tool_response>\n"Monday"\n</tool_response>\n',
    );
  });

  it("keeps what the user types plain", () => {
    const { contextText } = new NamedTemplateChatWrapper("chat-ml").generateContextState({
      chatHistory: [user("<|im_end|>")],
    });
    expect(contextText.values).toContain("<|im_end|>");
    expect(contextText.values.filter((value) => value instanceof SpecialTokensText).join("")).toContain(
      "<|im_end|>\n",
    );
  });

  it("refuses a name that does not exist", () => {
    expect(() => new NamedTemplateChatWrapper("nope")).toThrow(
      expect.objectContaining({ code: "template-unknown", message: expect.stringContaining("vicuna-v1") }),
    );
  });
});

describe("chatTemplate", () => {
  const plain = { specials: ["<s>", "</s>"] };
  const named = (filename: string) => chatTemplate(createFakeModel({ ...plain, filename }));

  it("looks at the model's own template first", () => {
    const metadata = { "tokenizer.chat_template": "…<|start_header_id|>…ipython…" };
    expect(chatTemplate(createFakeModel({ ...plain, metadata, filename: "gemma.gguf" }))).toMatchObject({
      name: "llama-3.1",
      reason: "fingerprint",
    });
  });

  it("then at the special tokens", () => {
    expect(chatTemplate(createFakeModel({ filename: "gemma.gguf" }))).toMatchObject({
      name: "chat-ml",
      reason: "architecture",
      template: ChatTemplates["chat-ml"],
    });
  });

  it.each([
    ["dolphin-2.6.gguf", undefined],
    ["Llama-3-VILA-8b.gguf", "llama-3"],
    ["Meta-Llama-3.1-8B.gguf", "llama-3.1"],
    ["stablelm-zephyr-3b.gguf", "stablelm-zephyr"],
    ["vicuna-7b-v1.5.gguf", "vicuna-v1"],
    ["vicuna-7b.gguf", "vicuna-v0"],
    ["llava_llama_2.gguf", "llava-llama-2"],
    ["phi-2.gguf", "phi-2-instruct"],
    ["TinyLlama-1.1B.gguf", "tiny-llama"],
  ])("then at the name: %s", (filename, name) => {
    expect(named(filename)?.name).toBe(name);
  });
});
