import { mkdir, readdir } from "node:fs/promises";
import path from "node:path";
import { ColloquyError } from "../../base/errors.ts";
import { platformPackageVersion } from "../../native/platform.ts";
import { runProgram } from "./run-program.ts";

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
export async function fetchSources(directory: string, signal?: AbortSignal): Promise<string> {
  const wanted = `node-llama-cpp@${platformPackageVersion}`;
  const packed = await runProgram(
    "npm",
    ["pack", wanted, "--ignore-scripts", "--silent", "--pack-destination", directory],
    { cwd: directory, signal },
  );
  const archive = (await readdir(directory)).find((name) => name.endsWith(".tgz"));
  if (packed.code !== 0 || archive === undefined)
    throw new ColloquyError("download-failed", `npm could not fetch ${wanted}`, { cause: packed.tail });
  const bundle = "package/llama/gitRelease.bundle";
  await need("tar", ["-xzf", archive, bundle], directory, signal);
  await need("git", ["clone", "--quiet", "--no-checkout", bundle, "llama.cpp"], directory, signal);
  const sources = path.join(directory, "llama.cpp");
  await mkdir(sources, { recursive: true });
  await need("git", ["checkout", "--quiet", "HEAD", "--", ...sourcePaths], sources, signal);
  return sources;
}

async function need(
  command: string,
  args: readonly string[],
  cwd: string,
  signal: AbortSignal | undefined,
): Promise<void> {
  const { code, tail } = await runProgram(command, args, { cwd, signal });
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
