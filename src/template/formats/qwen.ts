import { type ChatModelResponse, isChatModelResponseSegment } from "../chat-history-items.ts";
import type { ChatWrapperSettings } from "../chat-wrapper-settings.ts";
import { type FormatDescription, type FunctionsFormat, none, special } from "../format-description.ts";
import { LlamaText } from "../llama-text.ts";
import { chatMLRole, chatMLStops } from "./chatml.ts";

export type QwenThoughts = "auto" | "discourage" | "modelInitiated";
export type QwenVariation = "3" | "3.5";

const resultFormat = {
  result: { prefix: special("\n<tool_response>\n"), suffix: special("\n</tool_response>") },
  parallelResult: {
    sectionPrefix: special("<|im_start|>user"),
    sectionSuffix: special("<|im_end|>\n<|im_start|>assistant\n"),
  },
};

const functionSettings: Readonly<Record<QwenVariation, ChatWrapperSettings["functions"]>> = {
  "3": {
    call: {
      optionalPrefixSpace: true,
      prefix: LlamaText(special("<tool_call>"), '\n{"name": "'),
      paramsPrefix: '", "arguments": ',
      suffix: LlamaText("}\n", special("</tool_call>")),
      emptyCallParamsPlaceholder: {},
    },
    result: resultFormat.result,
    parallelism: {
      call: { sectionPrefix: "", betweenCalls: "\n", sectionSuffix: special("<|im_end|>\n") },
      result: resultFormat.parallelResult,
    },
  },
  "3.5": {
    call: {
      optionalPrefixSpace: true,
      prefix: special("<tool_call>\n<function="),
      paramsPrefix: ">\n<parameter=params>\n",
      suffix: special("\n</parameter>\n</function>\n</tool_call>"),
      emptyCallParamsPlaceholder: {},
    },
    result: resultFormat.result,
    parallelism: {
      call: { sectionPrefix: "", betweenCalls: "\n", sectionSuffix: special("<|im_end|>\n") },
      result: resultFormat.parallelResult,
    },
  },
};

const describe: Readonly<Record<QwenVariation, FunctionsFormat["describe"]>> = {
  "3": (documentation, options) =>
    LlamaText.joinValues("\n", [
      "# Tools",
      "",
      "You may call one or more functions to assist with the user query.",
      "",
      ["You are provided with function signatures within ", special("<tools></tools>"), " XML tags:"],
      special("<tools>"),
      documentation.getQwenFunctionSignatures(options),
      special("</tools>"),
      "",
      [
        "For each function call, return a json object with function name and arguments within ",
        special("<tool_call></tool_call>"),
        " XML tags:",
      ],
      special("<tool_call>"),
      '{"name": <function-name>, "arguments": <args-json-object>}',
      special("</tool_call>"),
    ]),
  "3.5": (documentation, options) =>
    LlamaText.joinValues("\n", [
      "# Tools",
      "",
      "You have access to the following functions:",
      "",
      special("<tools>"),
      documentation.getQwenFunctionSignatures(options),
      special("</tools>"),
      "",
      "If you choose to call a function ONLY reply in the following format with NO suffix:",
      "",
      special("<tool_call>"),
      [special("<function="), "example_function_name", special(">")],
      special("<parameter=params>"),
      '{"example_parameter_1": "value_1"}',
      special("</parameter>"),
      special("</function>"),
      special("</tool_call>"),
    ]),
};

/** Thoughts as the template writes them: on lines of their own, and an empty line after them. */
function separateThoughts(response: ChatModelResponse["response"]): ChatModelResponse["response"] {
  return response.map((item, index) => {
    if (isChatModelResponseSegment(item) && item.segmentType === "thought" && item.raw === undefined)
      return { ...item, text: item.ended ? `\n${item.text.trim()}\n` : `\n${item.text.trimStart()}` };
    const before = response[index - 1];
    if (typeof item !== "string" || !isChatModelResponseSegment(before) || !before.ended) return item;
    const isSeparate = /^\s/.test(item) || /\s$/.test(LlamaText.fromJSON(before.raw ?? "").toString());
    return before.segmentType !== "thought" || isSeparate || item === "" ? item : `\n\n${item}`;
  });
}

/** Qwen 2.5 and 3 (`variation` "3") and 3.5: ChatML with tools in XML tags and thoughts in `<think>`. */
export function qwenFormat({
  variation,
  thoughts,
  keepOnlyLastThought,
}: {
  variation: QwenVariation;
  thoughts: QwenThoughts;
  keepOnlyLastThought: boolean;
}): FormatDescription {
  return {
    name: "Qwen",
    settings: {
      supportsSystemMessages: true,
      functions: functionSettings[variation],
      segments: {
        reiterateStackAfterFunctionCalls: true,
        thought: {
          // The line breaks within are the template's too, but a model may leave them out: they are no part of the tags.
          prefix: special("<think>"),
          suffix: special("</think>"),
          openOnResponseStart: variation === "3.5" && thoughts === "auto",
        },
      },
    },
    start: none,
    system: chatMLRole("system"),
    user: chatMLRole("user"),
    model: chatMLRole("assistant"),
    joined: ["system"],
    keepOnlyLastThought,
    mapResponse: separateThoughts,
    // The template's own way to ask for no thought: one that is empty already.
    openResponseStart: thoughts === "discourage" ? special("<think>\n\n</think>\n\n") : undefined,
    functions: { placement: "afterSystem", describe: describe[variation] },
    plainStringResults: true,
    stop: chatMLStops,
  };
}
