import { describe, expect, it } from "vitest";
import type { ChatWrapper } from "../chat-wrapper.ts";
import {
  calls,
  chatML,
  functions,
  llama3,
  llama3Open,
  oneTurn,
  open,
  render,
  several,
  system,
  thoughts,
  today,
  user,
} from "../testing/conversations.ts";
import { AlpacaChatWrapper } from "./alpaca-chat-wrapper.ts";
import { ChatMLChatWrapper } from "./chat-ml-chat-wrapper.ts";
import { DeepSeekChatWrapper } from "./deep-seek-chat-wrapper.ts";
import { EmptyChatWrapper } from "./empty-chat-wrapper.ts";
import { FalconChatWrapper } from "./falcon-chat-wrapper.ts";
import { FunctionaryChatWrapper } from "./functionary-chat-wrapper.ts";
import { GemmaChatWrapper } from "./gemma-chat-wrapper.ts";
import { Gemma4ChatWrapper } from "./gemma4-chat-wrapper.ts";
import { GeneralChatWrapper } from "./general-chat-wrapper.ts";
import { HarmonyChatWrapper } from "./harmony-chat-wrapper.ts";
import { Llama2ChatWrapper } from "./llama2-chat-wrapper.ts";
import { Llama3_1ChatWrapper } from "./llama3-1-chat-wrapper.ts";
import { Llama3_2LightweightChatWrapper } from "./llama3-2-lightweight-chat-wrapper.ts";
import { Llama3ChatWrapper } from "./llama3-chat-wrapper.ts";
import { MistralChatWrapper } from "./mistral-chat-wrapper.ts";
import { MuseChatWrapper } from "./muse-chat-wrapper.ts";
import { QwenChatWrapper } from "./qwen-chat-wrapper.ts";
import { SeedChatWrapper } from "./seed-chat-wrapper.ts";
import { TemplateChatWrapper } from "./template-chat-wrapper.ts";

/** Expected texts, written from the formats that the models' makers published. */
interface Expected {
  readonly oneTurn: string;
  readonly several: string;
  readonly open: string;
  /** Without the functions' description, which has tests of its own. */
  readonly calls?: string;
  readonly thoughts?: string;
}

const dates = "Cutting Knowledge Date: December 2023\nToday Date: 4 Mar 2025\n\n";
const harmonyStart =
  "<|start|>system<|message|>You are ChatGPT, a large language model trained by OpenAI.\nKnowledge cutoff: 2024-06\n" +
  "Current date: 2025-03-04\n\nReasoning: medium\n\n" +
  "# Valid channels: analysis, commentary, final. Channel must be included for every message.<|end|>";
const museStart = (about: string) =>
  `[BOS]<|start|>system<|message|>${about}\n\nReasoning strength: high.\n\n# Valid recipients: "self", "user".<|eot|>`;
const museAbout = "You are a helpful AI assistant.\nKnowledge cutoff: 2026-01-04.\nCurrent date: 2025-03-04.";

const cases: readonly (readonly [name: string, wrapper: ChatWrapper, expected: Expected])[] = [
  [
    "Empty",
    new EmptyChatWrapper(),
    {
      oneTurn: "user: Hi",
      several: "system: Be brief.\nuser: Hi\nmodel: Hello\nuser: Bye\nmodel: ",
      open: "user: Hi\nmodel: Hel",
    },
  ],
  [
    "General",
    new GeneralChatWrapper(),
    {
      oneTurn: "[BOS]### Human\nHi\n\n### Assistant\n",
      several: "[BOS]Be brief.\n\n### Human\nHi\n\n### Assistant\nHello\n\n### Human\nBye\n\n### Assistant\n",
      open: "[BOS]### Human\nHi\n\n### Assistant\nHel",
      thoughts: "[BOS]### Human\nHi\n\n### Assistant\nHello\n\n### Human\nBye\n\n### Assistant\nSo",
    },
  ],
  [
    "Alpaca",
    new AlpacaChatWrapper(),
    {
      oneTurn: "[BOS]### Instruction:\nHi\n\n### Response:\n",
      several:
        "[BOS]Be brief.\n\n### Instruction:\nHi\n\n### Response:\nHello\n\n### Instruction:\nBye\n\n### Response:\n",
      open: "[BOS]### Instruction:\nHi\n\n### Response:\nHel",
    },
  ],
  [
    "Falcon",
    new FalconChatWrapper({ userMessageTitle: "Falke" }),
    {
      oneTurn: "[BOS]Falke: Hi\n\nAssistant: ",
      several: "[BOS]Be brief.\n\nFalke: Hi\n\nAssistant: Hello\n\nFalke: Bye\n\nAssistant: ",
      open: "[BOS]Falke: Hi\n\nAssistant: Hel",
    },
  ],
  [
    "ChatML",
    new ChatMLChatWrapper(),
    {
      oneTurn: `[BOS]${chatML("user", "Hi")}<|im_start|>assistant\n`,
      several: `[BOS]${chatML("system", "Be brief.")}${chatML("user", "Hi")}${chatML("assistant", "Hello")}${chatML("user", "Bye")}<|im_start|>assistant\n`,
      open: `[BOS]${chatML("user", "Hi")}<|im_start|>assistant\nHel`,
    },
  ],
  [
    "Llama 2",
    new Llama2ChatWrapper(),
    {
      oneTurn: "[BOS][INST] Hi [/INST] ",
      several: "[BOS][INST] <<SYS>>\nBe brief.\n<</SYS>>\n\nHi [/INST] Hello[EOS][BOS][INST] Bye [/INST] ",
      open: "[BOS][INST] Hi [/INST] Hel",
    },
  ],
  [
    "Llama 3",
    new Llama3ChatWrapper(),
    {
      oneTurn: `[BOS]${llama3("user", "Hi")}${llama3Open}`,
      several: `[BOS]${llama3("system", "Be brief.")}${llama3("user", "Hi")}${llama3("assistant", "Hello")}${llama3("user", "Bye")}${llama3Open}`,
      open: `[BOS]${llama3("user", "Hi")}${llama3Open}Hel`,
      calls: `[BOS]${llama3("user", "Day?")}${llama3Open}||call: getDate({"zone": "UTC"})<|eot_id|>${llama3("function_call_result", '"Monday"')}${llama3("assistant", "It is Monday.")}${llama3("user", "Ok")}${llama3Open}`,
    },
  ],
  [
    "Llama 3.1",
    new Llama3_1ChatWrapper({ todayDate: today, noToolInstructions: true }),
    {
      oneTurn: `[BOS]${llama3("system", dates)}${llama3("user", "Hi")}${llama3Open}`,
      several: `[BOS]${llama3("system", `${dates}Be brief.`)}${llama3("user", "Hi")}${llama3("assistant", "Hello")}${llama3("user", "Bye")}${llama3Open}`,
      open: `[BOS]${llama3("system", dates)}${llama3("user", "Hi")}${llama3Open}Hel`,
      calls: `[BOS]${llama3("system", dates)}${llama3("user", "Day?")}${llama3Open}<function=getDate>{"zone": "UTC"}</function><|eom_id|>${llama3("ipython", '"Monday"')}${llama3("assistant", "It is Monday.")}${llama3("user", "Ok")}${llama3Open}`,
    },
  ],
  [
    "Llama 3.2 lightweight",
    new Llama3_2LightweightChatWrapper({
      todayDate: null,
      cuttingKnowledgeDate: null,
      noToolInstructions: true,
    }),
    {
      oneTurn: `[BOS]${llama3("user", "Hi")}${llama3Open}`,
      several: `[BOS]${llama3("system", "Be brief.")}${llama3("user", "Hi")}${llama3("assistant", "Hello")}${llama3("user", "Bye")}${llama3Open}`,
      open: `[BOS]${llama3("user", "Hi")}${llama3Open}Hel`,
      calls: `[BOS]${llama3("user", "Day?")}${llama3("assistant", '{"name": "getDate", "parameters": {"zone": "UTC"}}')}${llama3("ipython", '"Monday"')}${llama3("assistant", "It is Monday.")}${llama3("user", "Ok")}${llama3Open}`,
    },
  ],
  [
    "Mistral",
    new MistralChatWrapper(),
    {
      oneTurn: "[BOS][INST]Hi[/INST]",
      several: "[BOS][INST]Hi[/INST]Hello[EOS][INST]Be brief.\n\nBye[/INST]",
      open: "[BOS][INST]Hi[/INST]Hel",
      calls:
        '[BOS][INST]Day?[/INST][TOOL_CALLS][{"name": "getDate", "arguments": {"zone": "UTC"}}][EOS]' +
        '[TOOL_RESULTS]{"name": "getDate", "content": "Monday"}[/TOOL_RESULTS]It is Monday.[EOS][INST]Ok[/INST]',
    },
  ],
  [
    "Gemma",
    new GemmaChatWrapper(),
    {
      oneTurn: "[BOS]<start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\n",
      several:
        "[BOS]<start_of_turn>user\nBe brief.\n\nHi<end_of_turn>\n<start_of_turn>model\nHello<end_of_turn>\n" +
        "<start_of_turn>user\nBye<end_of_turn>\n<start_of_turn>model\n",
      open: "[BOS]<start_of_turn>user\nHi<end_of_turn>\n<start_of_turn>model\nHel",
    },
  ],
  [
    "Gemma 4",
    new Gemma4ChatWrapper(),
    {
      oneTurn: "[BOS]<|turn>system\n<|think|>\n<turn|>\n<|turn>user\nHi<turn|>\n<|turn>model\n",
      several:
        "[BOS]<|turn>system\n<|think|>\nBe brief.<turn|>\n<|turn>user\nHi<turn|>\n<|turn>model\nHello<turn|>\n" +
        "<|turn>user\nBye<turn|>\n<|turn>model\n",
      open: "[BOS]<|turn>system\n<|think|>\n<turn|>\n<|turn>user\nHi<turn|>\n<|turn>model\nHel",
      thoughts:
        "[BOS]<|turn>system\n<|think|>\n<turn|>\n<|turn>user\nHi<turn|>\n<|turn>model\nHello<turn|>\n" +
        "<|turn>user\nBye<turn|>\n<|turn>model\n<|channel>thought\nHmm<channel|>So",
    },
  ],
  [
    "Gemma 4 without reasoning",
    new Gemma4ChatWrapper({ reasoning: false }),
    {
      oneTurn: "[BOS]<|turn>user\nHi<turn|>\n<|turn>model\n<|channel>thought\n<channel|>",
      several:
        "[BOS]<|turn>system\nBe brief.<turn|>\n<|turn>user\nHi<turn|>\n<|turn>model\nHello<turn|>\n" +
        "<|turn>user\nBye<turn|>\n<|turn>model\n<|channel>thought\n<channel|>",
      open: "[BOS]<|turn>user\nHi<turn|>\n<|turn>model\n<|channel>thought\n<channel|>Hel",
    },
  ],
  [
    "DeepSeek",
    new DeepSeekChatWrapper({ functionCallingSyntax: "original" }),
    {
      oneTurn: "[BOS]<｜User｜>Hi<｜Assistant｜>",
      several:
        "[BOS]Be brief.<｜User｜>Hi<｜Assistant｜>Hello<｜end▁of▁sentence｜><｜User｜>Bye<｜Assistant｜>",
      open: "[BOS]<｜User｜>Hi<｜Assistant｜>Hel",
      calls:
        "[BOS]<｜User｜>Day?<｜Assistant｜><｜tool▁calls▁begin｜><｜tool▁call▁begin｜>function<｜tool▁sep｜>getDate\n" +
        '```json\n{"zone": "UTC"}\n```<｜tool▁call▁end｜><｜tool▁calls▁end｜><｜end▁of▁sentence｜>' +
        '<｜tool▁outputs▁begin｜><｜tool▁output▁begin｜>"Monday"<｜tool▁output▁end｜><｜tool▁outputs▁end｜>' +
        "<｜Assistant｜>It is Monday.<｜end▁of▁sentence｜><｜User｜>Ok<｜Assistant｜>",
      thoughts:
        "[BOS]<｜User｜>Hi<｜Assistant｜>Hello<｜end▁of▁sentence｜><｜User｜>Bye<｜Assistant｜><think>Hmm</think>So",
    },
  ],
  [
    "Qwen",
    new QwenChatWrapper(),
    {
      oneTurn: `${chatML("user", "Hi")}<|im_start|>assistant\n`,
      several: `${chatML("system", "Be brief.")}${chatML("user", "Hi")}${chatML("assistant", "Hello")}${chatML("user", "Bye")}<|im_start|>assistant\n`,
      open: `${chatML("user", "Hi")}<|im_start|>assistant\nHel`,
      calls: `${chatML("user", "Day?")}${chatML("assistant", '<tool_call>\n{"name": "getDate", "arguments": {"zone": "UTC"}}\n</tool_call>')}${chatML("user", "<tool_response>\nMonday\n</tool_response>")}${chatML("assistant", "It is Monday.")}${chatML("user", "Ok")}<|im_start|>assistant\n`,
      thoughts: `${chatML("user", "Hi")}${chatML("assistant", "Hello")}${chatML("user", "Bye")}<|im_start|>assistant\n<think>\nHmm\n</think>\n\nSo`,
    },
  ],
  [
    "Qwen without thoughts",
    new QwenChatWrapper({ thoughts: "discourage" }),
    {
      oneTurn: `${chatML("user", "Hi")}<|im_start|>assistant\n<think>\n\n</think>\n\n`,
      several: `${chatML("system", "Be brief.")}${chatML("user", "Hi")}${chatML("assistant", "Hello")}${chatML("user", "Bye")}<|im_start|>assistant\n<think>\n\n</think>\n\n`,
      open: `${chatML("user", "Hi")}<|im_start|>assistant\n<think>\n\n</think>\n\nHel`,
    },
  ],
  [
    "Seed",
    new SeedChatWrapper(),
    {
      oneTurn: "<seed:bos>user\nHi<seed:eos><seed:bos>assistant\n",
      several:
        "<seed:bos>system\nBe brief.<seed:eos><seed:bos>user\nHi<seed:eos><seed:bos>assistant\nHello<seed:eos>" +
        "<seed:bos>user\nBye<seed:eos><seed:bos>assistant\n",
      open: "<seed:bos>user\nHi<seed:eos><seed:bos>assistant\nHel",
      calls:
        '<seed:bos>user\nDay?<seed:eos><seed:bos>assistant\n<seed:tool_call>\n<function=getDate>\n{"zone": "UTC"}\n' +
        '</function>\n</seed:tool_call><seed:eos><seed:bos>tool\n"Monday"<seed:eos><seed:bos>assistant\n' +
        "It is Monday.<seed:eos><seed:bos>user\nOk<seed:eos><seed:bos>assistant\n",
    },
  ],
  [
    "Functionary v3",
    new FunctionaryChatWrapper(),
    {
      oneTurn: `[BOS]${llama3("user", "Hi")}${llama3Open}>>>all\n`,
      several: `[BOS]${llama3("system", "Be brief.")}${llama3("user", "Hi")}${llama3("assistant", ">>>all\nHello")}${llama3("user", "Bye")}${llama3Open}>>>all\n`,
      open: `[BOS]${llama3("user", "Hi")}${llama3Open}>>>all\nHel`,
      calls: `[BOS]${llama3("user", "Day?")}${llama3("assistant", '>>>getDate\n{"zone": "UTC"}')}${llama3("tool", '"Monday"')}${llama3("assistant", ">>>all\nIt is Monday.")}${llama3("user", "Ok")}${llama3Open}>>>all\n`,
    },
  ],
  [
    "Functionary v2",
    new FunctionaryChatWrapper({ variation: "v2" }),
    {
      oneTurn:
        "[BOS]<|from|>user\n<|recipient|>all\n<|content|>Hi\n<|from|>assistant\n<|recipient|>all\n<|content|>",
      several:
        "[BOS]<|from|>system\n<|recipient|>all\n<|content|>Be brief.\n<|from|>user\n<|recipient|>all\n<|content|>Hi" +
        "\n<|from|>assistant\n<|recipient|>all\n<|content|>Hello<|stop|>\n<|from|>user\n<|recipient|>all\n<|content|>Bye" +
        "\n<|from|>assistant\n<|recipient|>all\n<|content|>",
      open: "[BOS]<|from|>user\n<|recipient|>all\n<|content|>Hi\n<|from|>assistant\n<|recipient|>all\n<|content|>Hel",
      calls:
        "[BOS]<|from|>user\n<|recipient|>all\n<|content|>Day?" +
        '\n<|from|>assistant\n<|recipient|>getDate\n<|content|>{"zone": "UTC"}<|stop|>' +
        '\n<|from|>getDate\n<|recipient|>all\n<|content|>"Monday"' +
        "\n<|from|>assistant\n<|recipient|>all\n<|content|>It is Monday.<|stop|>" +
        "\n<|from|>user\n<|recipient|>all\n<|content|>Ok\n<|from|>assistant\n<|recipient|>all\n<|content|>",
    },
  ],
  [
    "Harmony",
    new HarmonyChatWrapper({ todayDate: today }),
    {
      oneTurn: `${harmonyStart}<|start|>user<|message|>Hi<|end|><|start|>assistant`,
      several: `${harmonyStart}<|start|>developer<|message|># Instructions\n\nBe brief.<|end|><|start|>user<|message|>Hi<|end|><|start|>assistant<|channel|>final<|message|>Hello<|end|><|start|>user<|message|>Bye<|end|><|start|>assistant`,
      open: `${harmonyStart}<|start|>user<|message|>Hi<|end|><|start|>assistant<|channel|>final<|message|>Hel`,
      calls: `${harmonyStart}<|start|>user<|message|>Day?<|end|><|start|>assistant<|channel|>commentary to=functions.getDate <|constrain|>json<|message|>{"zone": "UTC"}<|call|><|start|>functions.getDate to=assistant<|channel|>commentary<|message|>"Monday"<|end|><|start|>assistant<|channel|>final<|message|>It is Monday.<|end|><|start|>user<|message|>Ok<|end|><|start|>assistant`,
      thoughts: `${harmonyStart}<|start|>user<|message|>Hi<|end|><|start|>assistant<|channel|>final<|message|>Hello<|end|><|start|>user<|message|>Bye<|end|><|start|>assistant<|channel|>analysis<|message|>Hmm<|end|><|start|>assistant<|channel|>final<|message|>So`,
    },
  ],
  [
    "Muse",
    new MuseChatWrapper({ todayDate: today }),
    {
      oneTurn: `${museStart(museAbout)}<|start|>user<|message|>Hi<|eot|><|start|>assistant`,
      several: `${museStart("Be brief.")}<|start|>user<|message|>Hi<|eot|><|start|>assistant to=user<|message|>Hello<|eot|><|start|>user<|message|>Bye<|eot|><|start|>assistant`,
      open: `${museStart(museAbout)}<|start|>user<|message|>Hi<|eot|><|start|>assistant to=user<|message|>Hel`,
      calls: `${museStart(museAbout)}<|start|>user<|message|>Day?<|eot|><|start|>assistant to=getDate<|message|><atem:function_calls>\n<atem:invoke name="getDate">\n<atem:parameter name="params">{"zone": "UTC"}</atem:parameter>\n</atem:invoke>\n</atem:function_calls><|eot|><|start|>tool getDate<|message|><tool_output name="getDate">\n"Monday"\n</tool_output><|eot|><|start|>assistant to=user<|message|>It is Monday.<|eot|><|start|>user<|message|>Ok<|eot|><|start|>assistant`,
      thoughts: `${museStart(museAbout)}<|start|>user<|message|>Hi<|eot|><|start|>assistant to=self<|message|>Hmm<|eom|><|start|>assistant to=user<|message|>Hello<|eot|><|start|>user<|message|>Bye<|eot|><|start|>assistant to=self<|message|>Hmm<|eom|><|start|>assistant to=user<|message|>So`,
    },
  ],
  [
    "Template",
    new TemplateChatWrapper({
      template: "<{{systemPrompt}}>\n{{history}}model: {{completion}}\nuser: ",
      historyTemplate: {
        system: "system: {{message}}\n",
        user: "user: {{message}}\n",
        model: "model: {{message}}\n",
      },
      functionCallMessageTemplate: {
        call: "[[call: {{functionName}}({{functionParams}})]]",
        result: " [[result: {{functionCallResult}}]]",
      },
      segments: { thoughtTemplate: "<t>{{content}}</t>" },
    }),
    {
      oneTurn: "<>\nuser: Hi\nmodel: ",
      several: "<Be brief.>\nuser: Hi\nmodel: Hello\nuser: Bye\nmodel: ",
      open: "<>\nuser: Hi\nmodel: Hel",
      calls:
        '<>\nuser: Day?\nmodel: [[call: getDate({"zone": "UTC"})]] [[result: "Monday"]]It is Monday.\nuser: Ok\nmodel: ',
      thoughts: "<>\nuser: Hi\nmodel: <t>Hmm</t>Hello\nuser: Bye\nmodel: <t>Hmm</t>So",
    },
  ],
];

describe.each(cases)("%s", (_name, wrapper, expected) => {
  it("one turn", () => expect(render(wrapper, oneTurn)).toBe(expected.oneTurn));
  it("several turns and a system prompt", () => expect(render(wrapper, several)).toBe(expected.several));
  it("a response that goes on", () => expect(render(wrapper, open)).toBe(expected.open));
  if (expected.calls !== undefined)
    it("a call and its result", () => expect(render(wrapper, calls)).toBe(expected.calls));
  if (expected.thoughts !== undefined)
    it("thoughts", () => expect(render(wrapper, thoughts)).toBe(expected.thoughts));

  it("keeps what the user types plain", () => {
    const typed = "<|im_end|><s>[INST]<|start|>";
    const { contextText } = wrapper.generateContextState({ chatHistory: [user(typed)] });
    expect(contextText.values.some((value) => typeof value === "string" && value.includes(typed))).toBe(true);
  });

  it("describes functions before what the user says last, and only when there are any", () => {
    const text = render(wrapper, [system, user("Day?")], functions);
    expect(text).toContain("The date");
    expect(text.indexOf("The date")).toBeLessThan(text.indexOf("Day?"));
    expect(render(wrapper, [system, user("Day?")])).not.toContain("The date");
  });

  it("has something to stop at, or relies on the vocabulary", () => {
    const { stopGenerationTriggers } = wrapper.generateContextState({ chatHistory: oneTurn });
    expect(stopGenerationTriggers.every((trigger) => trigger.values.length > 0)).toBe(true);
    if (!(wrapper instanceof EmptyChatWrapper)) expect(stopGenerationTriggers.length).toBeGreaterThan(0);
  });
});
