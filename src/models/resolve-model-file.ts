import { readdir, stat } from "node:fs/promises";
import { isAbsolute, join, resolve } from "node:path";
import { ColloquyError, InvalidArgumentError } from "../base/errors.ts";
import { allPartPaths } from "../gguf/split-parts.ts";
import type { OnDownloadProgress } from "./download/progress.ts";
import { hubFileName, hubFilePrefix, type RemoteReference, urlFileName } from "./download-plan.ts";
import type { ModelDownloadEndpoints, ModelFileAccessTokens } from "./hub-endpoint.ts";
import { chooseModelFile } from "./hub-repository.ts";
import { createModelDownloader } from "./model-downloader.ts";
import { parseModelReference } from "./model-reference.ts";
import { defaultModelsDirectory } from "./models-directory.ts";

export interface ResolveModelFileOptions {
  /** Folder that is looked in and downloaded to. Default: `defaultModelsDirectory()`. */
  directory?: string;
  /** "auto": fetch the file when it is not there; false: never use the network. Default: "auto". */
  download?: "auto" | false;
  /** Whether to compare a file that is there with the remote one (size, and SHA-256 when known). Default: false. */
  verify?: boolean;
  /**
   * Whether the model's projector, with which it reads images and sounds, is fetched along when its hub repository has
   * one; `loadModel` finds it beside the model. Default: true.
   */
  projector?: boolean;
  /** Name of the file in the folder, instead of the one made from the URI. */
  fileName?: string;
  /** Extra headers for the model's server. */
  headers?: Readonly<Record<string, string>>;
  /** Whether to show a progress bar on a terminal's standard error. Default: true. */
  cli?: boolean;
  onProgress?: OnDownloadProgress;
  /** Whether an aborted download removes what has arrived. Default: true. */
  deleteTempFileOnCancel?: boolean;
  /** Connections at the same time. Default: 4. */
  parallel?: number;
  /** Tokens for gated and private models. */
  tokens?: ModelFileAccessTokens;
  endpoints?: ModelDownloadEndpoints;
  signal?: AbortSignal;
}

/**
 * Path of a model's file, downloaded first when needed.
 *
 * - `hf:owner/repo:Q4_K_M`: the file of a Hugging Face repository with this quantisation
 * - `hf:owner/repo`: its best general choice (Q4_K_M first)
 * - `hf:owner/repo/folder/file.gguf#branch`: this file
 * - `https://…/file.gguf`
 * - a path, absolute or within the models folder or the current one; `file:` addresses too
 *
 * A model that reads images or sounds is fetched with its projector (`mmproj-….gguf` of the same repository).
 *
 * Of a split model (`-00001-of-0000N.gguf`) all parts are fetched and the first one's path is returned. A file that
 * is there is used without asking the network, unless `verify` is set. Downloads continue where an earlier, killed
 * one stopped; content is checked against the hub's SHA-256; a file never appears under its name before it is whole.
 *
 * @param optionsOrDirectory Options, or just the folder.
 * @throws ColloquyError `model-not-found`, `download-failed`, `checksum-mismatch`, `model-file-invalid`,
 *   `invalid-argument`; the signal's reason when aborted
 *
 * @example
 * const modelPath = await resolveModelFile("hf:owner/repo:Q4_K_M", {directory: "models"});
 */
export async function resolveModelFile(
  uriOrPath: string,
  optionsOrDirectory: ResolveModelFileOptions | string = {},
): Promise<string> {
  const options =
    typeof optionsOrDirectory === "string" ? { directory: optionsOrDirectory } : optionsOrDirectory;
  const { download = "auto", signal } = options;
  if (download !== "auto" && download !== false) {
    throw new InvalidArgumentError(
      `The option "download" must be "auto" or false, and is ${String(download)}`,
    );
  }
  signal?.throwIfAborted();
  const directory = resolve(options.directory ?? defaultModelsDirectory());
  const reference = parseModelReference(uriOrPath, options.endpoints);
  if (reference.kind === "path") return existingFile(reference.path, directory);

  const present = await presentFile(reference, directory, options.fileName);
  if (present !== undefined && (download === false || options.verify !== true)) return present;
  if (download === false) {
    const message = `The file for "${uriOrPath}" is not in "${directory}", and downloading is switched off`;
    throw new ColloquyError("model-not-found", message);
  }
  return fetchModel(uriOrPath, directory, options);
}

async function fetchModel(uri: string, directory: string, options: ResolveModelFileOptions): Promise<string> {
  const downloader = await createModelDownloader({
    modelUri: uri,
    dirPath: directory,
    fileName: options.fileName,
    projector: options.projector ?? true,
    headers: options.headers,
    showCliProgress: options.cli ?? true,
    onProgress: options.onProgress,
    // When verifying, a file of the right size has been compared by content already.
    skipExisting: options.verify !== true,
    deleteTempFileOnCancel: options.deleteTempFileOnCancel,
    parallelDownloads: options.parallel,
    tokens: options.tokens,
    endpoints: options.endpoints,
    signal: options.signal,
  });
  if (options.verify === true && (await downloader.isComplete(true))) return downloader.entrypointFilePath;
  return downloader.download({ signal: options.signal });
}

/** A local path: as it is when absolute, else in the models folder, else in the current one. */
async function existingFile(path: string, directory: string): Promise<string> {
  const candidates = isAbsolute(path) ? [path] : [...new Set([resolve(directory, path), resolve(path)])];
  for (const candidate of candidates) {
    if ((await stat(candidate).catch(() => undefined))?.isFile()) return candidate;
  }
  const places = candidates.map((candidate) => `"${candidate}"`).join(" or ");
  throw new ColloquyError("model-not-found", `There is no model file at ${places}`, {
    hint: `models by name are looked up in "${directory}"; write hf:owner/repo:QUANT to download one`,
  });
}

/** The file of an earlier download, all its parts present; found without asking the network. */
async function presentFile(
  reference: RemoteReference,
  directory: string,
  fileName: string | undefined,
): Promise<string | undefined> {
  const name = fileName ?? (await presentName(reference, directory));
  if (name === undefined) return undefined;
  const paths = allPartPaths(join(directory, name));
  for (const path of paths) {
    if (!(await stat(path).catch(() => undefined))?.isFile()) return undefined;
  }
  return paths[0];
}

async function presentName(reference: RemoteReference, directory: string): Promise<string | undefined> {
  if (reference.kind === "url") return urlFileName(new URL(reference.url));
  const { repository, revision } = reference;
  if (reference.kind === "hub-file") return hubFileName(repository, revision, reference.path);
  const prefix = hubFilePrefix(repository, revision);
  const names = (await readdir(directory).catch(() => [])).filter((name) => name.startsWith(prefix));
  const chosen = chooseModelFile(
    names.map((name) => name.slice(prefix.length).replaceAll("__", "/")),
    reference.quant,
  );
  return chosen === undefined ? undefined : prefix + chosen.replaceAll("/", "__");
}
