import type { Command } from "commander";
import type { CliIo } from "../cli-io.ts";

/** `colloquy inspect FILE` */
export function addInspectCommand(program: Command, io: CliIo): void {
  program
    .command("inspect")
    .description("what a model file says about itself, and which chat format would be used")
    .argument("<file>", "GGUF file, or its URI: of a file on a server only the beginning is fetched")
    .option("--json", "print all metadata as JSON")
    .option("--debug", "print stack traces")
    .action(async (file: string, { json }: { json?: boolean }) => {
      const { inspectModel } = await import("./inspect-model.ts");
      io.output.write(`${await inspectModel(file, { json, signal: io.interrupt })}\n`);
    });
}
