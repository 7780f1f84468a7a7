import { createRequire } from "node:module";
import { Command } from "commander";
import type { CliIo } from "./cli-io.ts";
import { addChatCommand } from "./commands/chat.ts";
import { addGpuCommand } from "./commands/gpu.ts";
import { addInspectCommand } from "./commands/inspect.ts";
import { addMediaCommand } from "./commands/media.ts";
import { addModelCommand } from "./commands/model.ts";
import { addServeCommand } from "./commands/serve.ts";
import type { ExitCode } from "./exit-code.ts";

/** Takes the exit code of a command that ends without an error. */
export type SetExitCode = (code: ExitCode) => void;

const { version } = createRequire(import.meta.url)("../../package.json") as { version: string };

/** The command line as data; the commands load what they need when they run. */
export function createProgram(io: CliIo, setExitCode: SetExitCode): Command {
  const program = new Command("colloquy")
    .description("Conversations with language models on this machine.")
    .version(version, "-V, --version", "print the version")
    .helpOption("-h, --help", "print this help")
    .helpCommand("help [command]", "print the help of a command")
    .addHelpText("after", "\nWithout a command, it is chat: colloquy --model hf:owner/repo:Q4_K_M")
    .exitOverride()
    .configureOutput({
      writeOut: (text) => io.output.write(text),
      writeErr: (text) => io.errors.write(text),
      getOutHelpWidth: () => io.output.columns ?? 80,
      getErrHelpWidth: () => io.errors.columns ?? 80,
      getOutHasColors: () => false,
      getErrHasColors: () => false,
    })
    .showSuggestionAfterError();
  addChatCommand(program, io, setExitCode);
  addServeCommand(program, io);
  addModelCommand(program, io);
  addInspectCommand(program, io);
  addGpuCommand(program, io);
  addMediaCommand(program, io);
  return program;
}
