import { CommanderError } from "commander";
import { linkedAbort } from "../base/linked-abort.ts";
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
  const stop = linkedAbort(io.interrupt);
  const writing: { error?: NodeJS.ErrnoException } = {};
  const onError = (error: Error) => {
    writing.error = error;
    stop.abort();
  };
  io.output.on("error", onError);
  io.errors.on("error", onError);
  let failure: unknown;
  let code: ExitCode = exitCode.ok;
  try {
    const program = createProgram({ ...io, interrupt: stop.signal }, (result) => {
      code = result;
    });
    await program.parseAsync(withDefaultCommand(args), { from: "user" });
  } catch (error) {
    failure = error;
  }
  // A write that failed just now is reported after it.
  await new Promise(setImmediate);
  stop.unlink();
  // A reader like `head` that has seen enough is no failure.
  if (writing.error?.code === "EPIPE") return exitCode.ok;
  failure = writing.error ?? failure;
  if (failure === undefined) return code;
  return io.interrupt.aborted ? exitCode.interrupted : report(failure, io, args.includes("--debug"));
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
