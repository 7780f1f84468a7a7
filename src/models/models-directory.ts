import { homedir, platform } from "node:os";
import { isAbsolute, join, resolve } from "node:path";

type Environment = Readonly<Record<string, string | undefined>>;

/**
 * The folder that model files are looked up in and downloaded to unless another is named:
 * `COLLOQUY_MODELS_DIRECTORY` when set; else the platform's cache folder: `$XDG_CACHE_HOME/colloquy/models`
 * (`~/.cache` without it) on Linux, `~/Library/Caches/colloquy/models` on macOS,
 * `%LOCALAPPDATA%\colloquy\models` on Windows.
 */
export function defaultModelsDirectory(
  environment: Environment = process.env,
  system: NodeJS.Platform = platform(),
  home: string = homedir(),
): string {
  const override = environment.COLLOQUY_MODELS_DIRECTORY;
  if (override !== undefined && override !== "") return resolve(override);
  return join(cacheFolder(environment, system, home), "colloquy", "models");
}

function cacheFolder(environment: Environment, system: NodeJS.Platform, home: string): string {
  if (system === "win32") return environment.LOCALAPPDATA ?? join(home, "AppData", "Local");
  const cache = environment.XDG_CACHE_HOME;
  // The XDG base directory specification: a relative path is to be ignored.
  if (cache !== undefined && isAbsolute(cache)) return cache;
  return system === "darwin" ? join(home, "Library", "Caches") : join(home, ".cache");
}
