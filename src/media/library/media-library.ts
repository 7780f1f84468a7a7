import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import path from "node:path";
import { llamaCppVersion } from "../../native/native.ts";
import { platformPackageVersion, type ResolvedLibraries } from "../../native/platform.ts";

/** The name of the shared library on this platform. */
export function mediaLibraryName(platform: string = process.platform): string {
  if (platform === "win32") return "mtmd.dll";
  return platform === "darwin" ? "libmtmd.dylib" : "libmtmd.so";
}

/**
 * What a library says of itself: it is only good for the platform package of exactly this version.
 * A prebuilt library is compiled with the same text.
 */
export function mediaBuildName(platformPackage: string): string {
  return `colloquy-media ${llamaCppVersion} ${platformPackage} ${platformPackageVersion}`;
}

/** Where a library built on this machine is kept: `~/.cache/colloquy/media/<platform>-<version>`, or under XDG_CACHE_HOME. */
export function mediaBuildDirectory(
  platformPackage: string,
  environment: NodeJS.ProcessEnv = process.env,
): string {
  const cache = environment.XDG_CACHE_HOME || path.join(homedir(), ".cache");
  return path.join(cache, "colloquy", "media", `${platformPackage}-${platformPackageVersion}`);
}

/** The folder and name of the package whose symbols the library needs: the one that carries libllama. */
export function librariesPackage({ files }: ResolvedLibraries): { directory: string; name: string } {
  const directory = path.dirname(files.llama);
  return { directory, name: path.basename(directory) };
}

const require = createRequire(import.meta.url);

/**
 * The library of images and sounds for loaded libraries: out of the optional package `@colloquy/media-<platform>`
 * (its file `bins/<platform>/libmtmd.so`), else the one that was built here. `undefined` when there is none.
 */
export function findMediaLibrary(
  libraries: ResolvedLibraries,
  environment: NodeJS.ProcessEnv = process.env,
): string | undefined {
  const { name } = librariesPackage(libraries);
  const candidates = [path.join(mediaBuildDirectory(name, environment), mediaLibraryName())];
  try {
    const manifest = require.resolve(`@colloquy/media-${name}/package.json`);
    candidates.unshift(path.join(path.dirname(manifest), "bins", name, mediaLibraryName()));
  } catch {
    // Not installed: what was built here is left.
  }
  return candidates.find((file) => existsSync(file));
}
