import { createInterface } from "node:readline";
import type { CliInput } from "../cli-io.ts";
import { errorText } from "../error-text.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Chat } from "./chat.ts";
import { handleLine } from "./handle-line.ts";
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

/** Answers every line of an input that is no terminal, until it ends; empty lines are passed over. */
export async function answerLines(chat: Chat, input: CliInput, signal: AbortSignal): Promise<ExitCode> {
  const lines = createInterface({ input, crlfDelay: Number.POSITIVE_INFINITY });
  const stop = () => lines.close();
  signal.addEventListener("abort", stop, { once: true });
  let code: ExitCode = exitCode.ok;
  try {
    for await (const line of lines) {
      const outcome = await handleLine(chat, line, signal);
      if (outcome === "leave" || signal.aborted) break;
      if (outcome === "failed") code = exitCode.failure;
    }
  } finally {
    signal.removeEventListener("abort", stop);
    lines.close();
  }
  return signal.aborted ? exitCode.interrupted : code;
}
