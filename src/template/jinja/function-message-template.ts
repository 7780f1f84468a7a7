import { InvalidArgumentError } from "../../base/errors.ts";
import type { ChatWrapperSettings } from "../chat-wrapper-settings.ts";
import { splitAtPlaceholders } from "./parse-text-template.ts";

/**
 * How calls and results look in a chat.
 * `call` holds `{{functionName}}` and then `{{functionParams}}`, `result` holds `{{functionCallResult}}`, each with
 * text around it.
 */
export interface ChatHistoryFunctionCallMessageTemplate {
  call: string;
  result: string;
}

/** @throws ColloquyError `invalid-argument` when a placeholder or the text around it is missing */
export function parseFunctionMessageTemplate({
  call,
  result,
}: ChatHistoryFunctionCallMessageTemplate): ChatWrapperSettings["functions"] {
  const [prefix, paramsPrefix, suffix] = splitAtPlaceholders(call, ["functionName", "functionParams"]);
  const [resultPrefix, resultSuffix] = splitAtPlaceholders(result, ["functionCallResult"]);
  if (!prefix || !suffix || !resultPrefix || !resultSuffix)
    throw new InvalidArgumentError("Function call templates need text before and after their placeholders");
  return {
    call: { optionalPrefixSpace: true, prefix, paramsPrefix: paramsPrefix ?? "", suffix },
    result: { prefix: resultPrefix, suffix: resultSuffix },
  };
}
