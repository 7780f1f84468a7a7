import { ColloquyError } from "../../base/errors.ts";
import type { MediaLibraryOptions } from "../../engine/model/model-options.ts";
import type { ResolvedLibraries } from "../../native/platform.ts";
import { buildMediaLibrary, compilerHere, downloadBytes } from "./build-media-library.ts";
import { findMediaLibrary } from "./media-library.ts";

export interface ProvideOptions extends MediaLibraryOptions {
  readonly libraries: ResolvedLibraries;
  readonly signal?: AbortSignal | undefined;
  /** Default: `process.env`. */
  readonly environment?: NodeJS.ProcessEnv;
}

const hint = 'run "npx colloquy media build" once; text needs none of it';

/**
 * The library of images and sounds for loaded libraries: the one that is there, else one that is built when the caller
 * consents. Nothing is ever built unasked.
 * @throws ColloquyError `media-unsupported` when there is none and it is not to be built, else as `buildMediaLibrary`
 */
export async function provideMediaLibrary(options: ProvideOptions): Promise<string> {
  const { libraries, build = "never", onProgress, signal, environment = process.env } = options;
  const found = findMediaLibrary(libraries, environment);
  if (found !== undefined) return found;
  if (build === "never")
    throw new ColloquyError("media-unsupported", "Images need a library that is not built yet", { hint });
  if (build !== "auto") {
    const { version } = await compilerHere(environment, signal);
    if ((await build({ compiler: version, downloadBytes })) !== true)
      throw new ColloquyError("media-unsupported", "The library that images need was not built", { hint });
  }
  return buildMediaLibrary({ libraries, environment, onProgress, signal });
}
