import type { ChatWrapperSettings } from "../chat-wrapper-settings.ts";
import { bos, eos, eot, type FormatDescription, none, special } from "../format-description.ts";
import { jsonDumps } from "../json-dumps.ts";
import { LlamaText } from "../llama-text.ts";

export type DeepSeekFunctionSyntax = "r1-workaround" | "simplified" | "original";

const endOfSentence = "<｜end▁of▁sentence｜>";

/** The three ways in which DeepSeek models write calls, single and parallel. */
function functionSettings(
  syntax: DeepSeekFunctionSyntax,
  parallel: boolean,
): ChatWrapperSettings["functions"] {
  if (syntax === "r1-workaround")
    return {
      call: {
        optionalPrefixSpace: true,
        prefix: special("<function="),
        paramsPrefix: special(">"),
        suffix: special("</function>"),
      },
      result: { prefix: special("<｜tool▁output▁begin｜>"), suffix: special("<｜tool▁output▁end｜>\n") },
    };
  const original = syntax === "original";
  const callStart = original ? "<｜tool▁call▁begin｜>function<｜tool▁sep｜>" : "<｜tool▁call▁begin｜>";
  const paramsStart = original ? "\n```json\n" : "<｜tool▁sep｜>\n```json\n";
  const callEnd = "\n```<｜tool▁call▁end｜>";
  const answer = original ? "<｜Assistant｜>" : "";
  // The original syntax has its sections around a single call as well.
  const sectionStart = original && !parallel ? "<｜tool▁calls▁begin｜>" : "";
  const sectionEnd = parallel ? "" : `${original ? "<｜tool▁calls▁end｜>" : ""}${endOfSentence}`;
  const resultsStart = original && !parallel ? "<｜tool▁outputs▁begin｜>" : "";
  const resultsEnd = original && !parallel ? `<｜tool▁outputs▁end｜>${answer}` : "";
  return {
    call: {
      optionalPrefixSpace: true,
      prefix: special(sectionStart + callStart),
      paramsPrefix: special(paramsStart),
      suffix: special(callEnd + sectionEnd),
    },
    result: {
      prefix: special(`${resultsStart}<｜tool▁output▁begin｜>`),
      suffix: special(`<｜tool▁output▁end｜>${resultsEnd}`),
    },
    parallelism: parallel
      ? {
          call: {
            sectionPrefix: special("<｜tool▁calls▁begin｜>"),
            betweenCalls: special("\n"),
            sectionSuffix: special(`<｜tool▁calls▁end｜>${endOfSentence}`),
          },
          result: {
            sectionPrefix: special("<｜tool▁outputs▁begin｜>"),
            betweenResults: special("\n"),
            sectionSuffix: special(`<｜tool▁outputs▁end｜>${answer}`),
          },
        }
      : undefined,
  };
}

/** DeepSeek V3 and R1: system text first, then `<｜User｜>` and `<｜Assistant｜>`. */
export function deepSeekFormat({
  keepOnlyLastThought,
  functionCallingSyntax,
  parallelFunctionCalling,
}: {
  keepOnlyLastThought: boolean;
  functionCallingSyntax: DeepSeekFunctionSyntax;
  parallelFunctionCalling: boolean;
}): FormatDescription {
  return {
    name: "DeepSeek",
    settings: {
      supportsSystemMessages: true,
      functions: functionSettings(functionCallingSyntax, parallelFunctionCalling),
      segments: {
        reiterateStackAfterFunctionCalls: true,
        thought: {
          prefix: special("<think>"),
          suffix: special("</think>"),
          reopenAfterFunctionCalls: functionCallingSyntax === "simplified",
        },
      },
    },
    start: bos,
    system: { prefix: none, suffix: none },
    systemFirst: true,
    user: { prefix: special("<｜User｜>"), suffix: none },
    model: { prefix: special("<｜Assistant｜>"), suffix: special(endOfSentence) },
    joined: ["system"],
    keepOnlyLastThought,
    functions: {
      placement: "afterSystem",
      describe: (documentation, options, { functions }) => {
        const example = (name: string, params: string) => [
          functions.call.prefix,
          name,
          functions.call.paramsPrefix,
          params,
          functions.call.suffix,
        ];
        const section = functions.parallelism?.call;
        return LlamaText.joinValues("\n", [
          "You have access to the following functions:",
          documentation.getLlama3_2LightweightFunctionSignatures(options),
          "",
          "To call a function, write exactly this, with the arguments as a JSON object:",
          [
            section?.sectionPrefix,
            example("getSomeInfo", jsonDumps({ someKey: "someValue" })),
            section?.sectionSuffix,
          ],
          "",
          section === undefined
            ? "- Call one function at a time; its result appears after the call"
            : "- Several calls can stand in one section; their results appear after it, in the same order",
          "- Never make up a result; call the function again when an earlier result may be out of date",
          "- The user sees neither the call nor its result: say what you learned, without naming the function",
        ]);
      },
    },
    stop: [eos, eot, special(endOfSentence), special("<｜User｜>")],
  };
}
