import type { NextToken } from "../fake/fake-sequence.ts";
import { scripted } from "../fake/fake-sequence.ts";

/** What the fake model says to a question, and how it goes on with what a user types. */
export interface Script {
  /** By question; `""`: to any other. */
  readonly answers: Readonly<Record<string, string>>;
  readonly completions?: readonly string[];
}

const userMark = "<|im_start|>user\n";
const modelMark = "<|im_start|>assistant\n";

/** A model that answers by the text of the last question. */
export function scriptedAnswers({ answers, completions = [] }: Script): NextToken {
  return scripted(({ text }) => {
    const question = text.slice(text.lastIndexOf(userMark) + userMark.length);
    const end = question.indexOf("<|im_end|>");
    if (end === -1) return completions.find((one) => one.startsWith(question))?.slice(question.length) ?? "";
    const reply = answers[question.slice(0, end)] ?? answers[""] ?? "";
    const written = text
      .slice(text.lastIndexOf(modelMark) + modelMark.length)
      .replace(/^<think>\n\n<\/think>\n\n/, "");
    return reply.startsWith(written) ? reply.slice(written.length) : "";
  });
}
