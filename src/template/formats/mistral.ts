import { bos, eos, type FormatDescription, none, special } from "../format-description.ts";
import { LlamaText } from "../llama-text.ts";

/** Mistral's instruction format (tokenizer v3): system prompt and tools stand before the last user message. */
export function mistralFormat({
  addSpaceBeforeEos = false,
}: {
  addSpaceBeforeEos?: boolean;
} = {}): FormatDescription {
  return {
    name: "Mistral",
    start: bos,
    system: { target: "last", prefix: none, suffix: LlamaText("\n\n") },
    user: { prefix: special("[INST]"), suffix: special("[/INST]") },
    model: { prefix: none, suffix: addSpaceBeforeEos ? LlamaText(" ", eos) : eos },
    joined: ["system", "user", "model"],
    initialSystemPrompt: null,
    settings: {
      supportsSystemMessages: true,
      functions: {
        call: {
          optionalPrefixSpace: true,
          prefix: '{"name": "',
          paramsPrefix: '", "arguments": ',
          suffix: "}",
          emptyCallParamsPlaceholder: {},
        },
        result: {
          prefix: LlamaText(special("[TOOL_RESULTS]"), '{"name": "{{functionName}}", "content": '),
          suffix: LlamaText("}", special("[/TOOL_RESULTS]")),
        },
        parallelism: {
          call: {
            sectionPrefix: LlamaText(special("[TOOL_CALLS]"), "["),
            betweenCalls: ", ",
            sectionSuffix: LlamaText("]", eos),
          },
        },
      },
    },
    functions: {
      placement: "beforeLastUser",
      describe: (documentation, options) =>
        LlamaText(
          special("[AVAILABLE_TOOLS]"),
          documentation.getSeedFunctionSignatures(options),
          special("[/AVAILABLE_TOOLS]"),
        ),
    },
    stop: [eos, LlamaText("</s>")],
  };
}
