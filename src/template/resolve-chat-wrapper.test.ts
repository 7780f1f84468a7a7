import { describe, expect, it } from "vitest";
import type { ChatHistoryItem } from "./chat-history-items.ts";
import { defaultSystemPrompt } from "./chat-wrapper.ts";
import { chatWrappers, resolvableChatWrapperTypeNames } from "./chat-wrappers.ts";
import { JinjaTemplateChatWrapper } from "./jinja/jinja-template-chat-wrapper.ts";
import { explainChatWrapper, resolveChatWrapper } from "./resolve-chat-wrapper.ts";
import { model, render, several, system, user } from "./testing/conversations.ts";
import { createFakeModel } from "./testing/fake-model.ts";
import * as templates from "./testing/jinja-templates.ts";
import { tokenizeContext } from "./tokenize-context.ts";
import { ChatMLChatWrapper } from "./wrappers/chat-ml-chat-wrapper.ts";
import { GeneralChatWrapper } from "./wrappers/general-chat-wrapper.ts";
import { Llama3_1ChatWrapper } from "./wrappers/llama3-1-chat-wrapper.ts";

const withTemplate = (template: string, rest: Parameters<typeof createFakeModel>[0] = {}) =>
  createFakeModel({ ...rest, metadata: { ...rest?.metadata, "tokenizer.chat_template": template } });

describe("by the model's own template", () => {
  it.each([
    ["chatML", templates.smolLMTemplate],
    ["qwen", templates.qwenTemplate],
    ["llama3", templates.llama3Template],
    ["llama3.1", templates.llama3_1Template],
    ["gemma", templates.gemmaTemplate],
    ["mistral", `${templates.mistralTemplate}{# [TOOL_CALLS] #}`],
    ["deepSeek", templates.deepSeekTemplate],
  ] as const)("%s renders like it, and is used instead", (type, template) => {
    const choice = explainChatWrapper(withTemplate(template));
    expect(choice).toMatchObject({ reason: "template", detail: `renders like ${type}` });
    expect(choice.wrapper).toBeInstanceOf(chatWrappers[type]);
  });

  it("gives the same tokens as the template itself, turn by turn", () => {
    const { smolLMTemplate, qwenTemplate, llama3Template, mistralTemplate, deepSeekTemplate } = templates;
    for (const template of [smolLMTemplate, qwenTemplate, llama3Template, mistralTemplate, deepSeekTemplate])
      for (const prependsBos of [true, false]) {
        const fake = withTemplate(template, { prependsBos });
        const tokenTexts = { bos: fake.tokens.bosString, eos: fake.tokens.eosString, prependsBos };
        const jinja = new JinjaTemplateChatWrapper({ template, tokenTexts });
        const wrapper = resolveChatWrapper(fake);
        const chats: ChatHistoryItem[][] = [
          [user("Hi")],
          several,
          [system, user("a\nb"), model("c"), user("d")],
        ];
        for (const chatHistory of chats)
          expect(tokenizeContext(wrapper.generateContextState({ chatHistory }).contextText, fake)).toEqual(
            tokenizeContext(jinja.generateContextState({ chatHistory }).contextText, fake),
          );
      }
  });

  it("renders a history without system message with the template's own, and begins a new chat with the general one", () => {
    const wrapper = resolveChatWrapper(withTemplate(templates.smolLMTemplate, { prependsBos: false }));
    expect(render(wrapper, [user("Hi")])).toBe(
      "[BOS]<|im_start|>system\nYou are Smol.<|im_end|>\n<|im_start|>user\nHi<|im_end|>\n<|im_start|>assistant\n",
    );
    expect(wrapper.generateInitialChatHistory()).toEqual([{ type: "system", text: defaultSystemPrompt }]);
    expect(render(wrapper, [{ type: "system", text: "" }, user("Hi")])).toContain(
      "<|im_start|>system\n<|im_end|>\n",
    );
  });

  it("renders with the template when no built-in format does the same", () => {
    const choice = explainChatWrapper(withTemplate(templates.unknownTemplate));
    expect(choice).toMatchObject({ reason: "template", detail: "rendered by the template itself" });
    expect(choice.wrapper).toBeInstanceOf(JinjaTemplateChatWrapper);
  });

  it("notices a template that differs in one place", () => {
    const changed = templates.smolLMTemplate.replace(
      "'<|im_end|>\n' }}{% endfor %}",
      "'<|im_end|>' }}{% endfor %}",
    );
    expect(changed).not.toBe(templates.smolLMTemplate);
    expect(explainChatWrapper(withTemplate(changed)).wrapper).toBeInstanceOf(JinjaTemplateChatWrapper);
  });
});

describe("by other rules", () => {
  it("texts of a template that cannot be used", () => {
    const broken = withTemplate("{% for <|im_start|>");
    expect(explainChatWrapper(broken)).toMatchObject({ reason: "fingerprint", detail: "<|im_start|>" });
    expect(() => explainChatWrapper(broken, { fallbackToOtherWrappersOnJinjaError: false })).toThrow(
      expect.objectContaining({ code: "template-invalid" }),
    );
  });

  it("texts of a template that fails on every chat", () => {
    const failing = withTemplate("<seed:think>{% set x = {1: 2} %}");
    expect(explainChatWrapper(failing)).toMatchObject({ reason: "fingerprint", detail: "<seed:think>" });
  });

  it("texts of a format that needs more than its template", () => {
    const template = "<|start|>assistant<|channel|>analysis<|message|>";
    expect(explainChatWrapper(withTemplate(template)).wrapper).toBeInstanceOf(chatWrappers.harmony);
  });

  it("without Jinja only built-in formats", () => {
    const choice = explainChatWrapper(
      withTemplate(templates.unknownTemplate, { specials: ["<s>", "</s>"] }),
      {
        noJinja: true,
      },
    );
    expect(choice.reason).toBe("fallback");
    expect(choice.wrapper).toBeInstanceOf(GeneralChatWrapper);
  });

  it("special tokens of the vocabulary", () => {
    expect(explainChatWrapper(createFakeModel())).toMatchObject({
      reason: "architecture",
      detail: "special tokens <|im_start|> and <|im_end|>",
    });
  });

  it.each([
    ["gemma2", "gemma"],
    ["qwen3", "qwen"],
    ["falcon", "falconChat"],
  ] as const)("the architecture %s", (architecture, type) => {
    const metadata = { "general.architecture": architecture };
    const choice = explainChatWrapper(createFakeModel({ specials: ["<s>", "</s>"], metadata }));
    expect(choice).toMatchObject({ reason: "architecture", detail: `architecture ${architecture}` });
    expect(choice.wrapper).toBeInstanceOf(chatWrappers[type]);
  });

  it.each([
    ["Meta-Llama-3.1-8B-Instruct.Q4_K_M.gguf", "llama3.1"],
    ["Llama-3.2-1B-Instruct.gguf", "llama3.2-lightweight"],
    ["llama-2-7b-chat.Q4.gguf", "llama2Chat"],
    ["mistral_7b_instruct.gguf", "mistral"],
    ["dolphin-2.6.gguf", "chatML"],
    ["functionary-small.gguf", "functionary"],
  ] as const)("the name %s", (filename, type) => {
    const choice = explainChatWrapper(createFakeModel({ specials: ["<s>", "</s>"], filename }));
    expect(choice).toMatchObject({ reason: "name", detail: filename });
    expect(choice.wrapper).toBeInstanceOf(chatWrappers[type]);
  });

  it("nothing at all", () => {
    const plain = createFakeModel({ specials: ["<s>", "</s>"] });
    expect(explainChatWrapper(plain).reason).toBe("fallback");
    expect(resolveChatWrapper(plain)).toBeInstanceOf(GeneralChatWrapper);
    expect(resolveChatWrapper({})).toBeNull();
  });
});

describe("options", () => {
  it("a type that is asked for, with its options", () => {
    const wrapper = resolveChatWrapper(createFakeModel(), {
      type: "general",
      customWrapperSettings: { general: { userMessageTitle: "Me" } },
    });
    expect(wrapper).toBeInstanceOf(GeneralChatWrapper);
    expect(render(wrapper, [user("Hi")])).toContain("### Me\nHi");
  });

  it("a type that does not exist is refused by name", () => {
    expect(() => resolveChatWrapper(createFakeModel(), { type: "nope" as never })).toThrow(
      expect.objectContaining({ code: "invalid-argument", message: expect.stringContaining("chatML") }),
    );
  });

  it("options of the wrapper that is chosen", () => {
    const wrapper = resolveChatWrapper(withTemplate(templates.llama3_1Template), {
      customWrapperSettings: { "llama3.1": { todayDate: new Date("2020-02-02T12:00:00") } },
    });
    expect(wrapper).toBeInstanceOf(Llama3_1ChatWrapper);
  });

  it("what is known of a model instead of a model", () => {
    const nested = { metadata: { tokenizer: { chat_template: templates.smolLMTemplate } } };
    expect(resolveChatWrapper({ fileInfo: nested })).toBeInstanceOf(ChatMLChatWrapper);
    expect(resolveChatWrapper({ architecture: "falcon" })).toBeInstanceOf(chatWrappers.falconChat);
    const jinja = resolveChatWrapper({
      type: "jinjaTemplate",
      customWrapperSettings: { jinjaTemplate: { template: templates.gemmaTemplate } },
    });
    expect(jinja).toBeInstanceOf(JinjaTemplateChatWrapper);
  });

  it("every built-in type has a name", () => {
    expect([...resolvableChatWrapperTypeNames].sort()).toEqual(["auto", ...Object.keys(chatWrappers)].sort());
  });
});
