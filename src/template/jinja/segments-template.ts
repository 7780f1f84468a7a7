import type { ChatWrapperSettings } from "../chat-wrapper-settings.ts";
import { special } from "../format-description.ts";
import { splitAtPlaceholders } from "./parse-text-template.ts";

/** How segments look in a chat. */
export interface TemplateChatWrapperSegmentsOptions {
  /** With `{{content}}`, e.g. `"<think>{{content}}</think>"`. */
  thoughtTemplate?: string;
  /** Default `false`. */
  reopenThoughtAfterFunctionCalls?: boolean;
  /** Text that closes all open segments. */
  closeAllSegmentsTemplate?: string;
  /** Default `false`. */
  reiterateStackAfterFunctionCalls?: boolean;
}

/** @throws ColloquyError `invalid-argument` when `{{content}}` is missing */
export function parseSegmentsTemplate({
  thoughtTemplate,
  reopenThoughtAfterFunctionCalls,
  closeAllSegmentsTemplate,
  reiterateStackAfterFunctionCalls,
}: TemplateChatWrapperSegmentsOptions = {}): ChatWrapperSettings["segments"] {
  const [prefix, suffix] =
    thoughtTemplate === undefined ? [] : splitAtPlaceholders(thoughtTemplate, ["content"]);
  return {
    closeAllSegments: closeAllSegmentsTemplate === undefined ? undefined : special(closeAllSegmentsTemplate),
    reiterateStackAfterFunctionCalls,
    thought:
      prefix === undefined
        ? undefined
        : {
            prefix: special(prefix),
            suffix: suffix ? special(suffix) : undefined,
            reopenAfterFunctionCalls: reopenThoughtAfterFunctionCalls,
          },
  };
}
