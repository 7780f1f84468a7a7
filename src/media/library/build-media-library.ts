import { mkdtemp, rm } from "node:fs/promises";
import { availableParallelism, tmpdir } from "node:os";
import path from "node:path";
import { ColloquyError } from "../../base/errors.ts";
import type { MediaBuildProgress } from "../../engine/model/model-options.ts";
import { type ResolvedLibraries, resolveLibraries } from "../../native/platform.ts";
import { compileLibrary } from "./compile-library.ts";
import { fetchSources } from "./fetch-sources.ts";
import { type Compiler, findCompiler } from "./find-compiler.ts";
import { findMediaLibrary, librariesPackage, mediaBuildDirectory } from "./media-library.ts";

export interface BuildMediaLibraryOptions {
  /** The libraries to build for. Default: the ones that `getLlama()` takes. */
  libraries?: ResolvedLibraries;
  /** Build even when there is a library. Default `false`. */
  force?: boolean;
  /** Compilers that run at the same time. Default: the machine's cores. */
  jobs?: number;
  onProgress?: ((progress: MediaBuildProgress) => void) | undefined;
  signal?: AbortSignal | undefined;
  /** Default: `process.env`. `CXX` names the compiler, `XDG_CACHE_HOME` the folder of caches. */
  environment?: NodeJS.ProcessEnv;
}

/**
 * Builds the library that reads images (llama.cpp's libmtmd) for the installed platform package, or finds it. It takes
 * about a minute on two cores, 40 MB of downloads and a C++ compiler; nothing is installed outside of the cache folder.
 *
 * @returns Path of the library.
 * @example await buildMediaLibrary({onProgress: ({stage, progress}) => …});
 * @throws ColloquyError `unsupported` when there is no compiler, `download-failed`, `native-failure`, `no-binary`
 */
export async function buildMediaLibrary(options: BuildMediaLibraryOptions = {}): Promise<string> {
  const { environment = process.env, onProgress, signal } = options;
  const libraries = options.libraries ?? resolveLibraries("auto")[0]!;
  const present = findMediaLibrary(libraries, environment);
  if (present !== undefined && !options.force) return present;
  const compiler = await compilerHere(environment, signal);
  const work = await mkdtemp(path.join(tmpdir(), "colloquy-media-"));
  try {
    onProgress?.({ stage: "fetching", progress: 0 });
    const sources = await fetchSources(work, { signal, environment });
    onProgress?.({ stage: "fetching", progress: 1 });
    return await compileLibrary({
      sources,
      libraries,
      compiler,
      directory: mediaBuildDirectory(librariesPackage(libraries).name, environment),
      jobs: options.jobs ?? availableParallelism(),
      run: { signal, environment },
      onProgress: (progress) => onProgress?.({ stage: "compiling", progress }),
    });
  } finally {
    await rm(work, { recursive: true, force: true });
  }
}

/** What is downloaded for a build: the package with llama.cpp's sources. */
export const downloadBytes = 40e6;

/** @throws ColloquyError `unsupported` when there is none, or on Windows */
export async function compilerHere(
  environment: NodeJS.ProcessEnv,
  signal: AbortSignal | undefined,
): Promise<Compiler> {
  if (process.platform === "win32")
    throw new ColloquyError("unsupported", "The library of images cannot be built on Windows", {
      hint: "install the prebuilt package, or use WSL",
    });
  const compiler = await findCompiler(environment, signal);
  if (compiler !== undefined) return compiler;
  throw new ColloquyError(
    "unsupported",
    "Images need a library that is not built yet, and there is no C++ compiler",
    {
      hint: 'install g++ or clang++, or "pip install ziglang", then run "colloquy media build"; text needs none of it',
    },
  );
}
