import { CommanderError } from "commander";
import type { CliIo } from "./cli-io.ts";
import { createProgram } from "./create-program.ts";
import { errorText } from "./error-text.ts";
import { type ExitCode, exitCode } from "./exit-code.ts";
import { UsageError } from "./usage-error.ts";

/**
 * Runs one command line. Never throws: what goes wrong is written to `io.errors`.
 * @returns the exit code: 0, 1 when something failed, 2 when the command line is wrong, 130 when interrupted
 */
export async function runCli(args: readonly string[], io: CliIo): Promise<ExitCode> {
  const closed = new AbortController();
  // A reader like `head` that has seen enough is no failure.
  const onError = (error: NodeJS.ErrnoException) => {
    if (error.code === "EPIPE" || error.code === "ERR_STREAM_DESTROYED") closed.abort();
  };
  io.output.on("error", onError);
  io.errors.on("error", onError);
  const interrupt = AbortSignal.any([io.interrupt, closed.signal]);
  let code: ExitCode = exitCode.ok;
  try {
    const program = createProgram({ ...io, interrupt }, (result) => {
      code = result;
    });
    await program.parseAsync(withDefaultCommand(args), { from: "user" });
  } catch (error) {
    if (io.interrupt.aborted) code = exitCode.interrupted;
    else if (!closed.signal.aborted) code = report(error, io, args.includes("--debug"));
  }
  return closed.signal.aborted ? exitCode.ok : code;
}

/** Without a command, it is `chat`. */
function withDefaultCommand(args: readonly string[]): readonly string[] {
  const [first = ""] = args;
  const isForProgram = ["-h", "--help", "-V", "--version"].includes(first);
  return isForProgram || (first !== "" && !first.startsWith("-")) ? args : ["chat", ...args];
}

function report(error: unknown, io: CliIo, debug: boolean): ExitCode {
  if (error instanceof CommanderError) {
    // Commander has written its message already.
    return error.exitCode === 0 ? exitCode.ok : exitCode.usage;
  }
  io.errors.write(`colloquy: ${errorText(error, debug)}\n`);
  return error instanceof UsageError ? exitCode.usage : exitCode.failure;
}
