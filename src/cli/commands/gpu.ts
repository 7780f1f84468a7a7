import type { Command } from "commander";
import type { CliIo } from "../cli-io.ts";

/** `colloquy gpu list|add` */
export function addGpuCommand(program: Command, io: CliIo): void {
  const gpu = program.command("gpu").description("builds of llama.cpp for graphics cards");
  gpu
    .command("list")
    .description("list the builds for this platform, and which of them are installed")
    .option("--debug", "print stack traces")
    .action(async () => {
      const { listPackages } = await import("./platform-packages.ts");
      for (const line of listPackages()) io.output.write(`${line}\n`);
    });
  gpu
    .command("add")
    .description("install a build; without a name the one for this machine's graphics card")
    .argument("[name]", "as gpu list names it, or cuda, vulkan, metal")
    .option("--debug", "print stack traces")
    .action(async (name: string | undefined) => {
      const { addPackage } = await import("./platform-packages.ts");
      await addPackage(name, io);
    });
}
