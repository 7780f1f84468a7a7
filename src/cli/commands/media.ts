import type { Command } from "commander";
import type { CliIo } from "../cli-io.ts";

/** `colloquy media build` */
export function addMediaCommand(program: Command, io: CliIo): void {
  const media = program.command("media").description("the library that reads images");
  media
    .command("build")
    .description(
      "build it for the installed platform package; needs a C++ compiler, git and 40 MB of downloads",
    )
    .option("--force", "build again what is there already")
    .option("--debug", "print stack traces")
    .action(async (options: { force?: boolean }) => {
      const { buildMedia } = await import("./build-media.ts");
      await buildMedia(io, options.force ?? false);
    });
}
