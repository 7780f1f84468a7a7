import type { Command } from "commander";
import type { CliIo } from "../cli-io.ts";
import { resolveModel } from "./resolve-model.ts";

/** `colloquy model pull|path` */
export function addModelCommand(program: Command, io: CliIo): void {
  const model = program.command("model").description("fetch model files, and find those that are here");
  model
    .command("pull")
    .description("fetch a model file and print its path; without a URI the default model's")
    .argument("[uri]", "hf:owner/repo:QUANT, hf:owner/repo/file.gguf or https://…")
    .option("--debug", "print stack traces")
    .action(async (uri: string | undefined) => {
      io.output.write(`${await resolveModel(uri, io)}\n`);
    });
  model
    .command("path")
    .description("print the path of a model file that is here; fetches nothing")
    .argument("[uri]", "as for pull, or a file name")
    .option("--debug", "print stack traces")
    .action(async (uri: string | undefined) => {
      io.output.write(`${await localPath(uri)}\n`);
    });
}

async function localPath(uri: string | undefined): Promise<string> {
  if (uri === undefined) {
    const { resolveDefaultModel } = await import("../../models/default/default-model.ts");
    return resolveDefaultModel({ download: false });
  }
  const { resolveModelFile } = await import("../../models/resolve-model-file.ts");
  return resolveModelFile(uri, { download: false, cli: false });
}
