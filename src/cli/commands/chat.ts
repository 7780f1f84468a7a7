import type { Command } from "commander";
import type { CliIo } from "../cli-io.ts";
import type { SetExitCode } from "../create-program.ts";
import { addEngineFlags, type EngineFlags } from "./engine-flags.ts";
import { numberOption } from "./parse-number.ts";

/** The options of `colloquy chat`. */
export interface ChatOptions extends EngineFlags {
  model?: string;
  prompt?: string[];
  chatTemplate?: string;
  mmproj?: string;
  systemPrompt?: string;
  maxNewTokens: number;
  temperature?: number;
  topK?: number;
  topP?: number;
  minP?: number;
  seed?: number;
  repeatPenalty?: number;
  contextSize?: number;
  gpu: string;
  threads?: number;
  functions?: boolean;
  save?: string;
  resume?: string;
  stats?: boolean;
  color: boolean;
  debug?: boolean;
}

const integer = { integer: true, min: 0 } as const;
const share = { min: 0, max: 1 } as const;

const details = `
On a terminal the chat is interactive: /help lists its commands. Otherwise every line that is read is a prompt.
Replies go to standard output, everything else to standard error.
Exit codes: 0, 1 when something failed, 2 for a wrong command line, 130 when interrupted.`;

/** `colloquy chat` */
export function addChatCommand(program: Command, io: CliIo, setExitCode: SetExitCode): void {
  addEngineFlags(program.command("chat"))
    .description("chat with a model (the default command)")
    .option(
      "-m, --model <uri>",
      "model file, hf:owner/repo:QUANT or https://… (default: a small model, fetched once)",
    )
    .option(
      "-p, --prompt <text...>",
      "answer and end; a text, or a file of prompts (.txt, .json); repeatable",
    )
    .option("--mmproj <uri>", "the model's projector for images (default: the one beside the model)")
    .option(
      "--chat-template <name>",
      "name of a chat template, or a JSON file with one (default: the model's)",
    )
    .option("-s, --system-prompt <text>", "instructions for the model; a text, or a file with it")
    .option(
      "-n, --max-new-tokens <n>",
      "longest reply, tokens",
      numberOption("--max-new-tokens", { integer: true, min: 1 }),
      2048,
    )
    .option(
      "-t, --temperature <t>",
      "0 takes the most probable token (default: 0)",
      numberOption("--temperature", { min: 0 }),
    )
    .option(
      "--top-k <k>",
      "choose among the k most probable tokens (default: 40)",
      numberOption("--top-k", integer),
    )
    .option(
      "--top-p <p>",
      "choose among the tokens that make up this share (default: 0.95)",
      numberOption("--top-p", share),
    )
    .option(
      "--min-p <p>",
      "drop tokens below this share of the best one's (default: 0)",
      numberOption("--min-p", share),
    )
    .option("--seed <n>", "makes draws repeatable", numberOption("--seed", integer))
    .option("--repeat-penalty <p>", "1 is off (default: 1)", numberOption("--repeat-penalty", { min: 0 }))
    .option(
      "-c, --context-size <n>",
      "room of the chat, tokens (default: the model's, as far as it fits)",
      numberOption("--context-size", { integer: true, min: 8 }),
    )
    .option("--gpu <device>", "auto, cuda, vulkan, metal or off", "auto")
    .option(
      "--threads <n>",
      "processor cores to use (default: the usable ones)",
      numberOption("--threads", integer),
    )
    .option("--functions", "let the model call the built-in functions")
    .option("--resume <file>", "begin with a saved chat")
    .option("--save <file>", "save the chat after every reply")
    .option("--stats", "print tokens and speed after every reply")
    .option("--no-color", "no colours")
    .option("--debug", "print stack traces")
    .addHelpText("after", details)
    .action(async (options: ChatOptions) => {
      const { runChat } = await import("./run-chat.ts");
      setExitCode(await runChat(options, io));
    });
}
