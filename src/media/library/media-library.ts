import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { homedir } from "node:os";
import path from "node:path";
import { llamaCppVersion } from "../../native/native.ts";
import { platformPackageVersion, type ResolvedLibraries } from "../../native/platform.ts";

/** Counts the versions of what is compiled along (see own-source.ts): a library of another one is not used. */
export const mediaRevision = 2;

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
  return `colloquy-media ${mediaRevision} ${llamaCppVersion} ${platformPackage} ${platformPackageVersion}`;
}

/** Where a library built here is kept: `~/.cache/colloquy/media/<platform>-<version>-<revision>`, or under XDG_CACHE_HOME. */
export function mediaBuildDirectory(
  platformPackage: string,
  environment: NodeJS.ProcessEnv = process.env,
): string {
  const cache = environment.XDG_CACHE_HOME || path.join(homedir(), ".cache");
  return path.join(
    cache,
    "colloquy",
    "media",
    `${platformPackage}-${platformPackageVersion}-${mediaRevision}`,
  );
}

/** The folder and name of the package whose symbols the library needs: the one that carries libllama. */
export function librariesPackage({ files }: ResolvedLibraries): { directory: string; name: string } {
  const directory = path.dirname(files.llama);
  return { directory, name: path.basename(directory) };
}

/** The file beside a library built here with the SHA-256 of its bytes. */
export function checksumFile(library: string): string {
  return `${library}.sha256`;
}

/** @returns in hexadecimal digits */
export function fileChecksum(file: string): string {
  return createHash("sha256").update(readFileSync(file)).digest("hex");
}

const require = createRequire(import.meta.url);

/**
 * The library of images and sounds for loaded libraries: out of the optional package `@colloquy/media-<platform>`
 * (its file `bins/<platform>/libmtmd.so`), else the one that was built here. `undefined` when there is none, or when the
 * one that was built is damaged: loading that could end the process.
 * @param resolve where an installed module's file is
 */
export function findMediaLibrary(
  libraries: ResolvedLibraries,
  environment: NodeJS.ProcessEnv = process.env,
  resolve: (module: string) => string = require.resolve,
): string | undefined {
  const { name } = librariesPackage(libraries);
  try {
    const manifest = resolve(`@colloquy/media-${name}/package.json`);
    const prebuilt = path.join(path.dirname(manifest), "bins", name, mediaLibraryName());
    if (existsSync(prebuilt)) return prebuilt;
  } catch {
    // Not installed: what was built here is left.
  }
  const built = path.join(mediaBuildDirectory(name, environment), mediaLibraryName());
  try {
    return readFileSync(checksumFile(built), "utf8").trim() === fileChecksum(built) ? built : undefined;
  } catch {
    return undefined;
  }
}
