import { type ChatWrapperSettings, defaultChatWrapperSettings } from "../chat-wrapper-settings.ts";
import {
  bos,
  eos,
  eot,
  type FormatDescription,
  type FunctionsFormat,
  none,
  type RoleFormat,
  special,
} from "../format-description.ts";
import { jsonDumps } from "../json-dumps.ts";
import { LlamaText } from "../llama-text.ts";

/** Llama 2: `[INST]` around the user, `<<SYS>>` around the system prompt, every turn a sequence of its own. */
export function llama2Format({
  addSpaceBeforeEos = false,
}: {
  addSpaceBeforeEos?: boolean;
} = {}): FormatDescription {
  return {
    name: "Llama2Chat",
    settings: defaultChatWrapperSettings,
    start: none,
    system: { target: "next", prefix: special("<<SYS>>\n"), suffix: special("\n<</SYS>>\n\n") },
    user: { prefix: LlamaText(bos, special("[INST] ")), suffix: special(" [/INST] ") },
    model: { prefix: none, suffix: addSpaceBeforeEos ? LlamaText(" ", eos) : eos },
    joined: ["system", "user", "model"],
    functions: { placement: "afterSystem" },
    stop: [eos, LlamaText("</s>")],
  };
}

function llama3Role(role: string): RoleFormat {
  return {
    prefix: special(`<|start_header_id|>${role}<|end_header_id|>\n\n`),
    suffix: special("<|eot_id|>"),
  };
}

const llama3Stops = [
  eos,
  eot,
  special("<|eot_id|>"),
  special("<|end_of_text|>"),
  LlamaText("<|eot_id|>"),
  LlamaText("<|end_of_text|>"),
];

const llama3Base = {
  start: bos,
  system: llama3Role("system"),
  user: llama3Role("user"),
  model: llama3Role("assistant"),
  joined: ["system", "user", "model"],
  stop: llama3Stops,
} as const satisfies Partial<FormatDescription>;

/** Llama 3. It was not trained to call functions, so calls use the general syntax within its headers. */
export function llama3Format({
  parallelFunctionCalling = true,
}: {
  parallelFunctionCalling?: boolean;
} = {}): FormatDescription {
  const resultStart = special("<|start_header_id|>function_call_result<|end_header_id|>\n\n");
  const call = {
    optionalPrefixSpace: true,
    prefix: "||call: ",
    paramsPrefix: special("("),
    suffix: special(")"),
  };
  const functions: ChatWrapperSettings["functions"] = parallelFunctionCalling
    ? {
        call,
        result: { prefix: resultStart, suffix: special("<|eot_id|>") },
        parallelism: {
          call: { sectionPrefix: "", betweenCalls: "\n", sectionSuffix: special("<|eot_id|>") },
          result: { sectionPrefix: "", betweenResults: "", sectionSuffix: llama3Base.model.prefix },
        },
      }
    : {
        call,
        result: {
          prefix: LlamaText(special("<|eot_id|>"), resultStart),
          suffix: LlamaText(special("<|eot_id|>"), llama3Base.model.prefix),
        },
      };
  return {
    ...llama3Base,
    name: "Llama 3",
    settings: { supportsSystemMessages: true, functions },
    functions: { placement: "afterSystem" },
  };
}

/** What stands at the start of Llama 3.1's and 3.2's system message. */
export interface Llama3Preamble {
  readonly cuttingKnowledgeDate: Date | (() => Date) | null;
  readonly todayDate: Date | (() => Date) | null;
  readonly noToolInstructions: boolean;
}

function dateOf(date: Date | (() => Date)): Date {
  return typeof date === "function" ? date() : date;
}

function dateParts(date: Date, month: "short" | "long", timeZone?: string) {
  const format = (options: Intl.DateTimeFormatOptions) =>
    date.toLocaleDateString("en-US", { ...options, timeZone });
  return { day: format({ day: "numeric" }), month: format({ month }), year: format({ year: "numeric" }) };
}

function llama3PreambleText({
  cuttingKnowledgeDate,
  todayDate,
  noToolInstructions,
}: Llama3Preamble): LlamaText {
  const lines: string[] = [];
  if (cuttingKnowledgeDate !== null) {
    const { month, year } = dateParts(dateOf(cuttingKnowledgeDate), "long", "UTC");
    lines.push(`Cutting Knowledge Date: ${month} ${year}`);
  }
  if (todayDate !== null) {
    const { day, month, year } = dateParts(dateOf(todayDate), "short");
    lines.push(`Today Date: ${day} ${month} ${year}`);
  }
  if (!noToolInstructions) {
    if (lines.length > 0) lines.push("");
    lines.push(
      "# Tool Instructions",
      "- When looking for real time information use relevant functions if available",
    );
  }
  return LlamaText(lines.length === 0 ? "" : `${lines.join("\n")}\n\n`);
}

/** Llama 3.1: `<function=name>{…}</function>`, as in Meta's description of custom tools. */
export function llama3_1Format(preamble: Llama3Preamble): FormatDescription {
  return {
    ...llama3Base,
    name: "Llama 3.1",
    systemStart: () => llama3PreambleText(preamble),
    settings: {
      supportsSystemMessages: true,
      functions: {
        call: {
          optionalPrefixSpace: true,
          prefix: special("<function="),
          paramsPrefix: special(">"),
          suffix: special("</function><|eom_id|>"),
        },
        result: {
          prefix: special("<|start_header_id|>ipython<|end_header_id|>\n\n"),
          suffix: LlamaText(special("<|eot_id|>"), llama3Base.model.prefix),
        },
      },
    },
    functions: llama3_1Functions,
  };
}

const llama3_1Functions: FunctionsFormat = {
  placement: "beforeSystem",
  describe: (documentation, options) =>
    LlamaText.joinValues("\n", [
      "You have access to the following functions:",
      "",
      documentation.getLlama3_1FunctionSignatures(options),
      "",
      "",
      "If you choose to call a function ONLY reply in the following format:",
      "<{start_tag}={function_name}>{parameters}{end_tag}",
      "where",
      "",
      "start_tag => `<function`",
      "parameters => a JSON dict with the function argument name as key and function argument value as value.",
      "end_tag => `</function>`",
      "",
      "Here is an example,",
      [
        special("<function="),
        "example_function_name",
        special(">"),
        jsonDumps({ example_name: "example_value" }),
        special("</function>"),
      ],
      "",
      "Reminder:",
      "- Function calls MUST follow the specified format",
      "- Required parameters MUST be specified",
      "- Only call one function at a time",
      "- Put the entire function call reply on one line",
      "- The user sees neither the call nor its result: say what you learned",
    ]),
};

/** Llama 3.2 1B and 3B: `{"name": …, "parameters": …}`. */
export function llama3_2LightweightFormat(preamble: Llama3Preamble): FormatDescription {
  return {
    ...llama3Base,
    name: "Llama 3.2 lightweight",
    systemStart: () => llama3PreambleText(preamble),
    settings: {
      supportsSystemMessages: true,
      functions: {
        call: {
          optionalPrefixSpace: true,
          prefix: '{"name": "',
          paramsPrefix: '", "parameters": ',
          suffix: LlamaText("}", special("<|eot_id|>")),
          emptyCallParamsPlaceholder: {},
        },
        result: {
          prefix: special("<|start_header_id|>ipython<|end_header_id|>\n\n"),
          suffix: LlamaText(special("<|eot_id|>"), llama3Base.model.prefix),
        },
      },
    },
    functions: {
      placement: "beforeSystem",
      describe: (documentation, options) =>
        LlamaText.joinValues("\n", [
          "You have access to the following functions. To call a function, please respond with JSON for a function call.",
          'Respond in the format {"name": function name, "parameters": dictionary of argument name and its value}.',
          "Do not use variables.",
          "",
          documentation.getLlama3_2LightweightFunctionSignatures(options),
          "",
          "Call a function only when it is needed. The user sees neither the call nor its result: say what you learned.",
        ]),
    },
  };
}
