import { errorText } from "../error-text.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Chat } from "./chat.ts";
import type { PromptInput } from "./prompt-file.ts";

/** Answers prompts one after the other; a failure does not keep the others from being answered. */
export async function answerPrompts(
  chat: Chat,
  prompts: readonly PromptInput[],
  signal: AbortSignal,
): Promise<ExitCode> {
  let code: ExitCode = exitCode.ok;
  for (const prompt of prompts) {
    try {
      await chat.answer(prompt, signal);
    } catch (error) {
      if (!signal.aborted) chat.complain(errorText(error));
      code = exitCode.failure;
    }
    if (signal.aborted) return exitCode.interrupted;
  }
  return code;
}
