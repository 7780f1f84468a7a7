import { defaultChatWrapperSettings } from "../chat-wrapper-settings.ts";
import {
  bos,
  eos,
  eot,
  type FormatDescription,
  none,
  type RoleFormat,
  special,
} from "../format-description.ts";
import { jsonDumps } from "../json-dumps.ts";
import { LlamaText } from "../llama-text.ts";

function gemmaRole(role: string): RoleFormat {
  return { prefix: special(`<start_of_turn>${role}\n`), suffix: special("<end_of_turn>\n") };
}

/** Gemma 1 to 3. System prompts stand at the start of the first user turn, as in Gemma 3's own template. */
export const gemmaFormat: FormatDescription = {
  name: "Gemma",
  settings: { ...defaultChatWrapperSettings, supportsSystemMessages: false },
  start: bos,
  system: { target: "next", prefix: none, suffix: LlamaText("\n\n") },
  user: gemmaRole("user"),
  model: gemmaRole("model"),
  joined: ["system", "user", "model"],
  functions: { placement: "afterSystem" },
  stop: [eos, special("<end_of_turn>\n"), special("<end_of_turn>"), LlamaText("<end_of_turn>")],
};

function gemma4Role(role: string): RoleFormat {
  return { prefix: special(`<|turn>${role}\n`), suffix: special("<turn|>\n") };
}

/** Gemma 4: `<|turn>` blocks, a thought channel and tool declarations within the system turn. */
export function gemma4Format({
  reasoning,
  keepOnlyLastThought,
}: {
  reasoning: boolean;
  keepOnlyLastThought: boolean;
}): FormatDescription {
  return {
    name: "Gemma 4",
    settings: {
      supportsSystemMessages: true,
      functions: {
        call: {
          optionalPrefixSpace: false,
          prefix: special("<|tool_call>call:"),
          paramsPrefix: "",
          suffix: special("<tool_call|>"),
          emptyCallParamsPlaceholder: {},
        },
        result: {
          prefix: LlamaText(special("<|tool_response>response:"), "{{functionName}}", "{value:"),
          suffix: special("}<tool_response|>"),
        },
      },
      segments: {
        reiterateStackAfterFunctionCalls: true,
        thought: { prefix: special("<|channel>thought\n"), suffix: special("<channel|>") },
      },
    },
    start: bos,
    system: gemma4Role("system"),
    user: gemma4Role("user"),
    model: gemma4Role("model"),
    joined: ["system"],
    systemStart: () => (reasoning ? special("<|think|>\n") : none),
    // Without reasoning the template writes an empty thought, so that none begins.
    openResponseStart: reasoning ? undefined : special("<|channel>thought\n<channel|>"),
    keepOnlyLastThought,
    functions: {
      placement: "withinSystem",
      describe: (documentation, { documentParams = true }) =>
        LlamaText(
          Object.entries(documentation.chatModelFunctions ?? {}).map(([name, { description, params }]) => [
            special("<|tool>"),
            `declaration:${name}`,
            jsonDumps({ description, parameters: documentParams ? (params ?? {}) : undefined }),
            special("<tool|>"),
          ]),
        ),
    },
    stop: [eos, eot, special("<turn|>"), special("<turn|>\n")],
  };
}
