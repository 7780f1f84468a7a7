import type { ChatWrapperSettings } from "../chat-wrapper-settings.ts";
import { bos, eos, eot, type FormatDescription, none, special } from "../format-description.ts";
import type {
  ChatModelFunctionsDocumentationGenerator,
  DocumentFunctionsOptions,
} from "../functions-documentation.ts";
import { jsonDumps } from "../json-dumps.ts";
import { LlamaText } from "../llama-text.ts";
import { type ChannelLayout, channelRenderer, specialAround } from "./channels.ts";
import { isoDate } from "./harmony.ts";

export interface MuseFormatOptions {
  readonly reasoningStrength: string;
  readonly keepOnlyLastThought: boolean;
  readonly knowledgeCutoff: Date | (() => Date) | null;
  readonly todayDate: Date | (() => Date) | null;
}

const settings: ChatWrapperSettings = {
  supportsSystemMessages: true,
  functions: {
    call: {
      optionalPrefixSpace: false,
      prefix: special(" to="),
      paramsPrefix: LlamaText(
        special('<|message|><atem:function_calls>\n<atem:invoke name="'),
        "{{functionName}}",
        special('">\n<atem:parameter name="params">'),
      ),
      suffix: special("</atem:parameter>\n</atem:invoke>\n</atem:function_calls>"),
      emptyCallParamsPlaceholder: {},
    },
    result: {
      prefix: LlamaText(
        special("<|start|>tool "),
        "{{functionName}}",
        special('<|message|><tool_output name="'),
        "{{functionName}}",
        special('">\n'),
      ),
      suffix: special("\n</tool_output><|eot|>"),
    },
    parallelism: {
      call: {
        sectionPrefix: "",
        betweenCalls: special("<|eom|><|start|>assistant"),
        sectionSuffix: special("<|eot|>"),
      },
      result: { sectionPrefix: "" },
    },
  },
  segments: { thought: { prefix: special(" to=self<|message|>"), suffix: special("<|eom|>") } },
};

function systemMessage(
  { reasoningStrength, knowledgeCutoff, todayDate }: MuseFormatOptions,
  systemText: LlamaText,
  functionsText: LlamaText,
  functionNames: readonly string[],
): LlamaText {
  const lines = ["You are a helpful AI assistant."];
  if (knowledgeCutoff !== null) lines.push(`Knowledge cutoff: ${isoDate(knowledgeCutoff, "UTC")}.`);
  if (todayDate !== null) lines.push(`Current date: ${isoDate(todayDate)}.`);
  const namespaces = new Set(functionNames.map((name) => `"${name.split(".")[0]}.*"`));
  const recipients = ['"self"', ...namespaces, '"user"'].join(", ");
  const blocks = [
    systemText.values.length === 0 ? LlamaText(lines.join("\n")) : systemText,
    LlamaText(`Reasoning strength: ${reasoningStrength}.`),
    functionsText,
    LlamaText(`# Valid recipients: ${recipients}.`),
  ].filter((block) => block.values.length > 0);
  return LlamaText(
    special("<|start|>system<|message|>"),
    LlamaText.joinValues("\n\n", blocks),
    special("<|eot|>"),
  );
}

function describeFunctions(
  documentation: ChatModelFunctionsDocumentationGenerator,
  { documentParams = true }: DocumentFunctionsOptions,
): LlamaText {
  const functions = Object.entries(documentation.chatModelFunctions ?? {});
  const namespaces = new Set(functions.map(([name]) => name.split(".")[0]!));
  const block = (name: string) => [
    special("<atem:function_calls>"),
    special(`<atem:invoke name="${name}">`),
    [
      special('<atem:parameter name="params">'),
      '{"example_parameter_1": "value_1"}',
      special("</atem:parameter>"),
    ],
    special("</atem:invoke>"),
    special("</atem:function_calls>"),
  ];
  return LlamaText.joinValues("\n", [
    "In this environment you have access to a set of tools you can use to answer the user's question.",
    "",
    "You can invoke a function by writing a block like the following, with the arguments as a JSON object:",
    ...block("$FUNCTION_NAME"),
    "",
    "Here are the functions available in JSONSchema format:",
    "// Tool metadata",
    [...namespaces].map((name) => jsonDumps({ name, description: "" })).join("\n"),
    "// Function schemas",
    functions
      .map(([name, { description = "", params }]) =>
        jsonDumps({ name, description, parameters: documentParams ? (params ?? {}) : undefined }),
      )
      .join("\n"),
    "Here's an example of how to call a function in the tool set:",
    "",
    "to=example_function_name",
    "",
    ...block("example_function_name"),
  ]);
}

/** Meta's Muse models: every message names its recipient. */
export function museFormat(options: MuseFormatOptions): FormatDescription {
  const layout: ChannelLayout = {
    start: (...texts) => LlamaText(bos, systemMessage(options, ...texts)),
    laterSystem: specialAround("<|start|>system<|message|>", "<|eot|>"),
    user: specialAround("<|start|>user<|message|>", "<|eot|>"),
    opener: special("<|start|>assistant"),
    text: specialAround(" to=user<|message|>", "<|eot|>"),
    thought: specialAround(" to=self<|message|>", "<|eom|>"),
    keepOnlyLastThought: options.keepOnlyLastThought,
    calls: (wrapper, calls) =>
      LlamaText(special("<|start|>assistant"), wrapper.generateFunctionCallsAndResults(calls)),
    stop: [eos, special("<|eot|>"), eot],
    messageEnd: special("<|eom|>"),
    triggers: (hasFunctions) => ({
      prefixTriggers: [
        { type: "segment", segmentType: "thought", triggers: [special(" to=self<|message|>")] },
        { type: "response", triggers: [special(" to=user<|message|>")] },
      ],
      noPrefixTrigger: hasFunctions
        ? { type: "functionCall", inject: none }
        : { type: "response", inject: special(" to=user<|message|>") },
      detectFunctionCalls: true,
    }),
  };
  return {
    name: "Muse",
    settings,
    start: bos,
    system: layout.laterSystem,
    user: layout.user,
    model: layout.text,
    joined: [],
    functions: { placement: "withinSystem", describe: describeFunctions },
    stop: layout.stop,
    render: channelRenderer(layout),
  };
}
