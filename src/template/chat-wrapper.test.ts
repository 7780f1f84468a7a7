import { describe, expect, it } from "vitest";
import { isChatModelResponseFunctionCall, isChatModelResponseSegment } from "./chat-history-items.ts";
import {
  ChatWrapper,
  type ChatWrapperGenerateContextStateOptions,
  type ChatWrapperGeneratedContextState,
} from "./chat-wrapper.ts";
import type { ChatWrapperSettings } from "./chat-wrapper-settings.ts";
import { JinjaTemplateChatWrapper } from "./jinja/jinja-template-chat-wrapper.ts";
import { LlamaText } from "./llama-text.ts";
import { renderOpenUserMessage } from "./render-open-user-message.ts";
import { call, functions, model, system, thought, user } from "./testing/conversations.ts";
import { smolLMTemplate } from "./testing/jinja-templates.ts";
import { ChatMLChatWrapper } from "./wrappers/chat-ml-chat-wrapper.ts";
import { EmptyChatWrapper } from "./wrappers/empty-chat-wrapper.ts";
import { MistralChatWrapper } from "./wrappers/mistral-chat-wrapper.ts";

/** A wrapper as a user writes one. */
class OwnWrapper extends ChatWrapper {
  readonly wrapperName = "Own";
  override readonly settings: ChatWrapperSettings = {
    ...ChatWrapper.defaultSettings,
    functions: {
      call: { optionalPrefixSpace: true, prefix: "[", paramsPrefix: ":{{functionName}}:", suffix: "]" },
      result: { prefix: "({{functionName}} {{functionParams}} = ", suffix: ")" },
      parallelism: {
        call: { sectionPrefix: "<", betweenCalls: ";", sectionSuffix: ">" },
        result: { sectionPrefix: "{", betweenResults: ",", sectionSuffix: "}" },
      },
    },
    segments: {
      reiterateStackAfterFunctionCalls: true,
      closeAllSegments: "/all",
      thought: { prefix: "/t ", suffix: " t/" },
      comment: { prefix: "/c " },
    },
  };

  override generateContextState(
    options: ChatWrapperGenerateContextStateOptions,
  ): ChatWrapperGeneratedContextState {
    return { ...super.generateContextState(options), stopGenerationTriggers: [LlamaText("user:")] };
  }
}

describe("ChatWrapper", () => {
  const wrapper = new OwnWrapper();

  it("is extended by users", () => {
    const state = wrapper.generateContextState({ chatHistory: [user("Hi"), model("Hello")] });
    expect(state.contextText.toString()).toBe("user: Hi\nmodel: Hello");
    expect(state.stopGenerationTriggers.map(String)).toEqual(["user:"]);
  });

  it("writes calls and results with the settings' texts", () => {
    expect(wrapper.generateFunctionCall("f", { a: 1 }).toString()).toBe('[f:f:{"a": 1}]');
    expect(wrapper.generateFunctionCallResult("f", { a: 1 }, undefined).toString()).toBe(
      '(f {"a": 1} = void)',
    );
    expect(wrapper.generateModelResponseText([call, call]).toString()).toBe(
      '<[getDate:getDate:{"zone": "UTC"}];[getDate:getDate:{"zone": "UTC"}]>' +
        '{(getDate {"zone": "UTC"} = "Monday"),(getDate {"zone": "UTC"} = "Monday")}',
    );
    const one = wrapper.generateModelResponseText([call]).toString();
    expect(wrapper.generateModelResponseText([call, { ...call, startsNewChunk: true }]).toString()).toBe(
      one + one,
    );
  });

  it("never fills placeholders from parameters that look like placeholders", () => {
    const text = wrapper.generateFunctionCallResult("f", "{{functionName}}", "{{functionParams}} $&");
    expect(text.toString()).toBe('(f "{{functionName}}" = "{{functionParams}} $&")');
  });

  it("writes segments with their tags, and opens them again after calls", () => {
    expect(wrapper.generateModelResponseText([thought, "So"]).toString()).toBe("/t Hmm t/So");
    const open = { ...thought, ended: false };
    expect(wrapper.generateModelResponseText([open, call, "x"]).toString()).toBe(
      `/t Hmm${wrapper.generateModelResponseText([call]).toString()}/t x`,
    );
    expect(wrapper.generateModelResponseText([open, thought]).toString()).toBe("/t HmmHmm t/");
    expect(wrapper.generateModelResponseText([{ ...thought, segmentType: "comment" }]).toString()).toBe(
      "/c Hmm/all",
    );
    const raw = { ...thought, raw: "<raw>" };
    expect(wrapper.generateModelResponseText([raw]).toString()).toBe("<raw>");
    expect(wrapper.generateModelResponseText([raw], false).toString()).toBe("/t Hmm t/");
  });

  it("leaves out segments that a format has no place for", () => {
    expect(new EmptyChatWrapper().generateModelResponseText([thought, "So"]).toString()).toBe("So");
  });

  it("puts the functions after the system messages", () => {
    const history = wrapper.addAvailableFunctionsSystemMessageToHistory([system, user("Hi")], functions);
    expect(history.map(({ type }) => type)).toEqual(["system", "system", "user"]);
    expect(wrapper.addAvailableFunctionsSystemMessageToHistory([system], {})).toEqual([system]);
    const only = wrapper.addAvailableFunctionsSystemMessageToHistory([system], functions, {
      documentParams: false,
    });
    expect(only.map(({ type }) => type)).toEqual(["system", "system"]);
    expect(JSON.stringify(only)).not.toContain("zone");
  });

  it("tells items of a response apart", () => {
    expect([call, thought, "text", undefined].map(isChatModelResponseFunctionCall)).toEqual([
      true,
      false,
      false,
      false,
    ]);
    expect([call, thought, "text", undefined].map(isChatModelResponseSegment)).toEqual([
      false,
      true,
      false,
      false,
    ]);
  });
});

describe("renderOpenUserMessage", () => {
  it.each([
    ["ChatML", new ChatMLChatWrapper(), "<|im_start|>user\nHow ar"],
    ["Mistral", new MistralChatWrapper(), "[INST]Be brief.\n\nHow ar"],
    ["Jinja", new JinjaTemplateChatWrapper({ template: smolLMTemplate }), "<|im_start|>user\nHow ar"],
  ])("%s ends where the user stopped typing", (_name, wrapper, end) => {
    const chatHistory = [system, user("Hi"), model("Hello")];
    const open = (text: string) =>
      renderOpenUserMessage(wrapper, { chatHistory: [...chatHistory, user(text)] });
    const { contextText, stopTriggers } = open("How ar");
    expect(contextText.toString().endsWith(end)).toBe(true);
    const whole = wrapper.generateContextState({ chatHistory: [...chatHistory, user("How ar")] }).contextText;
    expect(whole.toString().startsWith(contextText.toString())).toBe(true);
    expect(stopTriggers.length).toBeGreaterThan(0);
    expect(open("").contextText.toString().endsWith(end.slice(0, -"How ar".length))).toBe(true);
  });

  it("refuses a template that writes something else", () => {
    const deaf = new ChatMLChatWrapper();
    deaf.generateContextState = () => ({ contextText: LlamaText("Hi"), stopGenerationTriggers: [] });
    expect(() => renderOpenUserMessage(deaf, { chatHistory: [user("Hi")] })).toThrow("as it is");
  });
});
