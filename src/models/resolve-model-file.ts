import { stat } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { ColloquyError } from "../base/errors.ts";
import { defaultModelsDirectory } from "./models-directory.ts";

export interface ResolveModelFileOptions {
  /** Folder to look in. Default: `defaultModelsDirectory()`. */
  directory?: string;
}

/** Resolves a path to an existing local model file, looked up as given and in the models folder. */
export async function resolveModelFile(
  uriOrPath: string,
  optionsOrDirectory: ResolveModelFileOptions | string = {},
): Promise<string> {
  const options =
    typeof optionsOrDirectory === "string" ? { directory: optionsOrDirectory } : optionsOrDirectory;
  const directory = options.directory ?? defaultModelsDirectory();
  const path = uriOrPath.startsWith("file:") ? fileURLToPath(uriOrPath) : uriOrPath;
  const candidates = isAbsolute(path) ? [path] : [resolve(directory, path), resolve(path)];
  for (const candidate of candidates) {
    if ((await stat(candidate).catch(() => undefined))?.isFile()) return candidate;
  }
  const places = candidates.map((candidate) => `"${candidate}"`).join(" and ");
  throw new ColloquyError("model-not-found", `There is no model file at ${places}`, {
    hint: `models are looked up in "${join(directory)}"`,
  });
}
