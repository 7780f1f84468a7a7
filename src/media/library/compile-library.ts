import { existsSync } from "node:fs";
import { cp, mkdir, readdir, rename, rm, writeFile } from "node:fs/promises";
import path from "node:path";
import { ColloquyError } from "../../base/errors.ts";
import type { ResolvedLibraries } from "../../native/platform.ts";
import type { BuildRun } from "./fetch-sources.ts";
import type { Compiler } from "./find-compiler.ts";
import {
  checksumFile,
  fileChecksum,
  librariesPackage,
  mediaBuildName,
  mediaLibraryName,
} from "./media-library.ts";
import { ownSource } from "./own-source.ts";
import { type ProgramResult, runProgram } from "./run-program.ts";

export interface CompileOptions {
  /** llama.cpp's sources. */
  readonly sources: string;
  readonly libraries: ResolvedLibraries;
  readonly compiler: Compiler;
  /** Folder for the result. */
  readonly directory: string;
  /** Compilers that run at the same time. */
  readonly jobs: number;
  readonly run: BuildRun;
  /** Called with 0 to 1. */
  readonly onProgress?: ((progress: number) => void) | undefined;
}

/** Optimised for every processor of the platform: the work is done in ggml, whose libraries know the processor. */
const compileFlags = ["-std=c++17", "-O2", "-fPIC", "-w", "-DLLAMA_SHARED", "-DLLAMA_BUILD"];

/** Programs of the folder that are no part of the library. */
const notTheLibrary = new Set(["mtmd-cli.cpp", "deprecation-warning.cpp"]);

/**
 * Compiles libmtmd, without video, against the libraries of a platform package.
 * @returns the library's path
 * @throws ColloquyError `native-failure` with the compiler's last words
 */
export async function compileLibrary(options: CompileOptions): Promise<string> {
  const { sources, compiler, directory, libraries, run } = options;
  const { name, directory: linked } = librariesPackage(libraries);
  const work = path.join(sources, "colloquy-build");
  await mkdir(work, { recursive: true });
  await writeFile(path.join(work, "colloquy.cpp"), ownSource(mediaBuildName(name)));
  const units = await sourceUnits(sources, work);
  const objects = units.map((_, index) => path.join(work, `${index}.o`));
  let done = 0;
  await inParallel(units, options.jobs, async (unit, index) => {
    const language = unit.endsWith("sha1.c") || unit.endsWith(".cpp") ? ["-x", "c++"] : ["-x", "c"];
    const flags =
      language[1] === "c" ? compileFlags.filter((flag) => !flag.startsWith("-std")) : compileFlags;
    const args = [...compiler.args, ...flags, ...includeFlags(sources), ...language, "-c", unit, "-o"];
    refuseFailure(await runProgram(compiler.command, [...args, objects[index]!], run), unit);
    options.onProgress?.(++done / (units.length + 1));
  });
  const made = path.join(work, "made");
  await mkdir(made);
  const file = path.join(made, mediaLibraryName());
  const { base, ggml, llama } = libraries.files;
  const args = [...compiler.args, ...linkFlags(linked), "-o", file, ...objects, llama, ggml, base];
  refuseFailure(await runProgram(compiler.command, args, run), "the library");
  await writeFile(checksumFile(file), `${fileChecksum(file)}\n`);
  await putInPlace(made, directory);
  options.onProgress?.(1);
  return path.join(directory, mediaLibraryName());
}

/** Puts a folder in the place of another one. Whoever looks meanwhile finds the old, the new, or none. */
async function putInPlace(made: string, directory: string): Promise<void> {
  await mkdir(path.dirname(directory), { recursive: true });
  // Renaming works within one file system only, and temporary folders are often on another one.
  const beside = `${directory}.${process.pid}.part`;
  try {
    await cp(made, beside, { recursive: true });
    await rm(directory, { recursive: true, force: true });
    // Another process may have been faster: its library is as good.
    await rename(beside, directory).catch((error: unknown) => {
      if (!existsSync(path.join(directory, mediaLibraryName()))) throw error;
    });
  } finally {
    await rm(beside, { recursive: true, force: true });
  }
}

function includeFlags(sources: string): string[] {
  return ["include", "ggml/include", "tools/mtmd", "vendor", "vendor/hash"].map(
    (folder) => `-I${path.join(sources, folder)}`,
  );
}

function linkFlags(linked: string): string[] {
  if (process.platform === "darwin") return ["-dynamiclib", `-Wl,-rpath,${linked}`];
  // Without names for debuggers: zig's would take 20 MB.
  // Never unloaded: what zig links leaves its exit handlers behind, and the process would end in them.
  return ["-shared", "-pthread", "-s", "-Wl,-z,nodelete", `-Wl,-rpath,${linked}`];
}

async function sourceUnits(sources: string, work: string): Promise<string[]> {
  const mtmd = path.join(sources, "tools", "mtmd");
  const inFolder = async (folder: string) =>
    (await readdir(folder))
      .filter((name) => name.endsWith(".cpp") && !notTheLibrary.has(name))
      .map((name) => path.join(folder, name));
  const hash = ["hash.cpp", "xxhash/xxhash.c", "sha1/sha1.c", "sha256/sha256.c"];
  return [
    path.join(work, "colloquy.cpp"),
    ...(await inFolder(mtmd)),
    ...(await inFolder(path.join(mtmd, "models"))),
    ...hash.map((name) => path.join(sources, "vendor", "hash", name)),
  ];
}

function refuseFailure({ code, tail }: ProgramResult, what: string): void {
  if (code === 0) return;
  throw new ColloquyError("native-failure", `The compiler failed on ${path.basename(what)}`, { cause: tail });
}

/** Works on all items, at most `count` at a time; the first failure ends it. */
async function inParallel<T>(
  items: readonly T[],
  count: number,
  work: (item: T, index: number) => Promise<void>,
): Promise<void> {
  let next = 0;
  let failed = false;
  const worker = async () => {
    while (next < items.length && !failed) {
      const index = next++;
      await work(items[index]!, index).catch((error: unknown) => {
        failed = true;
        throw error;
      });
    }
  };
  await Promise.all(Array.from({ length: Math.max(1, count) }, worker));
}
