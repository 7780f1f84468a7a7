import { createInterface } from "node:readline";
import type { CliInput } from "../cli-io.ts";
import { type ExitCode, exitCode } from "../exit-code.ts";
import type { Chat } from "./chat.ts";
import { handleLine } from "./handle-line.ts";

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
