import { mkdir, readdir } from "node:fs/promises";
import path from "node:path";
import { ColloquyError } from "../../base/errors.ts";
import { platformPackageVersion } from "../../native/platform.ts";
import { type ProgramOptions, runProgram } from "./run-program.ts";

/** How the programs of a build are run. */
export type BuildRun = Pick<ProgramOptions, "signal" | "environment">;

/** What of llama.cpp's repository the library is made of. */
const sourcePaths = [
  "include",
  "ggml/include",
  "src/llama-ext.h",
  "tools/mtmd",
  "vendor/hash",
  "vendor/miniaudio",
  "vendor/sheredom",
  "vendor/stb",
];

/**
 * Fetches the sources of llama.cpp that belong to the platform packages: they lie as a git bundle in the npm package
 * `node-llama-cpp` of the same release. npm's own client fetches it, so that the configured registry and proxy apply.
 * @param directory an existing, empty folder
 * @returns the folder with the sources
 * @throws ColloquyError `download-failed`, `unsupported` when git or tar is missing
 */
export async function fetchSources(directory: string, run: BuildRun): Promise<string> {
  // Said before anything is downloaded.
  for (const command of ["git", "tar"]) await need(command, ["--version"], directory, run);
  const wanted = `node-llama-cpp@${platformPackageVersion}`;
  const packed = await runProgram(
    "npm",
    ["pack", wanted, "--ignore-scripts", "--silent", "--pack-destination", directory],
    { ...run, cwd: directory },
  );
  const archive = (await readdir(directory)).find((name) => name.endsWith(".tgz"));
  if (packed.code !== 0 || archive === undefined)
    throw new ColloquyError("download-failed", `npm could not fetch ${wanted}`, {
      hint: packed.code === undefined ? "install npm, which comes with Node.js" : undefined,
      cause: packed.tail,
    });
  const bundle = "package/llama/gitRelease.bundle";
  await need("tar", ["-xzf", archive, bundle], directory, run);
  await need("git", ["clone", "--quiet", "--no-checkout", bundle, "llama.cpp"], directory, run);
  const sources = path.join(directory, "llama.cpp");
  await mkdir(sources, { recursive: true });
  await need("git", ["checkout", "--quiet", "HEAD", "--", ...sourcePaths], sources, run);
  return sources;
}

async function need(command: string, args: readonly string[], cwd: string, run: BuildRun): Promise<void> {
  const { code, tail } = await runProgram(command, args, { ...run, cwd });
  if (code === undefined)
    throw new ColloquyError("unsupported", `Building the library of images needs ${command}`, {
      hint: `install ${command}, or install the prebuilt package for this platform`,
      cause: tail,
    });
  if (code !== 0)
    throw new ColloquyError("download-failed", `${command} could not unpack llama.cpp's sources`, {
      cause: tail,
    });
}
