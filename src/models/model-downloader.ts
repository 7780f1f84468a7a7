import { stat } from "node:fs/promises";
import { join, resolve } from "node:path";
import { ColloquyError, InvalidArgumentError } from "../base/errors.ts";
import { type LinkedAbort, linkedAbort } from "../base/linked-abort.ts";
import { downloadFile } from "./download/download-file.ts";
import { removePartFiles } from "./download/download-journal.ts";
import { fileSha256 } from "./download/file-checksum.ts";
import { probeRemoteFile, type RemoteFile } from "./download/remote-file.ts";
import { SpeedMeter } from "./download/speed-meter.ts";
import { type PlannedFile, type PlanOptions, planDownload } from "./download-plan.ts";
import { tokenThatWorks } from "./hub-repository.ts";
import { parseModelReference } from "./model-reference.ts";
import { defaultModelsDirectory } from "./models-directory.ts";
import { ProgressBar } from "./progress-bar.ts";

export type ModelDownloaderOptions = ({ modelUri: string } | { modelUrl: string }) &
  Omit<PlanOptions, "signal"> & {
    /** Folder for the files. Default: the models folder of `resolveModelFile`. */
    dirPath?: string;
    /** Whether to show a progress bar on a terminal's standard error. Default: false. */
    showCliProgress?: boolean;
    onProgress?: (status: ModelDownloadStatus) => void;
    /** Whether a file that is there with the remote file's size is left alone. Default: true. */
    skipExisting?: boolean;
    /** Whether a cancelled download removes what has arrived. Default: true. */
    deleteTempFileOnCancel?: boolean;
    /** Connections at the same time. Default: 4, at most 64. */
    parallelDownloads?: number;
    /** Stops the questions asked before the download; the download itself takes its own signal. */
    signal?: AbortSignal;
  };

export interface ModelDownloadStatus {
  /** Bytes of all files. */
  totalSize: number;
  /** Bytes on disk. */
  downloadedSize: number;
  /** Milliseconds at the present speed; `Infinity` while nothing moves. */
  estimatedTimeLeft: number;
  /** Bytes a second over the last seconds. */
  averageSpeed: number;
}

interface DownloadItem {
  planned: PlannedFile;
  remote: RemoteFile;
  path: string;
  downloaded: number;
}

/** Connections that one download may open. */
const parallelMax = 64;
const reportMs = 100;

/**
 * Finds out which files a model needs and how large they are; nothing is downloaded yet.
 *
 * @throws ColloquyError `invalid-argument`, `model-not-found`, `download-failed`
 *
 * @example
 * const downloader = await createModelDownloader({modelUri: "hf:owner/repo:Q4_K_M", showCliProgress: true});
 * const modelPath = await downloader.download();
 */
export async function createModelDownloader(options: ModelDownloaderOptions): Promise<ModelDownloader> {
  const uri = "modelUri" in options ? options.modelUri : options.modelUrl;
  const reference = parseModelReference(uri, options.endpoints);
  if (reference.kind === "path")
    throw new InvalidArgumentError(`"${uri}" is a path, there is nothing to download`);
  const { parallelDownloads = 4 } = options;
  if (!Number.isInteger(parallelDownloads) || parallelDownloads < 1 || parallelDownloads > parallelMax) {
    throw new InvalidArgumentError(`The number of parallel downloads must be 1 to ${parallelMax}`);
  }
  const directory = resolve(options.dirPath ?? defaultModelsDirectory());
  const planned = await planDownload(reference, options);
  const items: DownloadItem[] = [];
  // One after another: a model has few parts, and a hub counts questions.
  for (const file of planned) items.push(await probe(file, directory, options.signal));
  return new ModelDownloader(items, options);
}

async function probe(
  file: PlannedFile,
  directory: string,
  signal: AbortSignal | undefined,
): Promise<DownloadItem> {
  let usable = file;
  const remote = await tokenThatWorks(file.token, (token) => {
    usable = { ...file, token };
    return probeRemoteFile(usable, { signal });
  });
  return { planned: usable, remote, path: join(directory, file.fileName), downloaded: 0 };
}

/** The download of one model: of one file, or of all parts of a split one. Made by `createModelDownloader`. */
export class ModelDownloader {
  readonly #items: readonly DownloadItem[];
  readonly #options: ModelDownloaderOptions;
  readonly #speed = new SpeedMeter();
  #running: { done: Promise<string>; stop: LinkedAbort } | undefined;

  /** @internal */
  constructor(items: readonly DownloadItem[], options: ModelDownloaderOptions) {
    this.#items = items;
    this.#options = options;
  }

  /** Name of the file to load the model from. */
  get entrypointFilename(): string {
    return this.#items[0]!.planned.fileName;
  }

  /** Path of the file to load the model from. */
  get entrypointFilePath(): string {
    return this.#items[0]!.path;
  }

  /** Always `undefined`: files cut by bytes are refused. Present for programs that ask. */
  get splitBinaryParts(): number | undefined {
    return undefined;
  }

  /** Files that will be in the folder. */
  get totalFiles(): number {
    return this.#items.length;
  }

  /** Bytes of all files. */
  get totalSize(): number {
    return this.#items.reduce((total, item) => total + sizeOf(item), 0);
  }

  /** Bytes on disk. */
  get downloadedSize(): number {
    return this.#items.reduce((total, item) => total + item.downloaded, 0);
  }

  /** Milliseconds at the present speed; `Infinity` while nothing moves. */
  get estimatedTimeLeft(): number {
    const left = Math.max(0, this.totalSize - this.downloadedSize);
    return left === 0 ? 0 : (left / this.averageSpeed) * 1000;
  }

  /** Bytes a second over the last seconds. */
  get averageSpeed(): number {
    return this.#speed.bytesPerSecond();
  }

  /** The files, with their paths and progress. */
  get filesInfo(): { fileName: string; filePath: string; totalSize: number; downloadedSize: number }[] {
    return this.#items.map((item) => ({
      fileName: item.planned.fileName,
      filePath: item.path,
      totalSize: sizeOf(item),
      downloadedSize: item.downloaded,
    }));
  }

  /**
   * Downloads what is missing. A second call while one runs waits for the same download.
   *
   * @returns Path of the file to load the model from.
   * @throws ColloquyError `download-failed`, `checksum-mismatch`, `model-file-invalid`; the signal's reason when aborted
   */
  async download({ signal }: { signal?: AbortSignal } = {}): Promise<string> {
    return this.downloadReporting({ signal });
  }

  /** @internal As `download`, with the reports and connections of a combined download in place of its own. */
  downloadReporting(over: DownloadOverrides): Promise<string> {
    if (this.#running !== undefined) return this.#running.done;
    const stop = linkedAbort(over.signal);
    const done = this.#downloadAll(stop.signal, over).finally(() => {
      stop.unlink();
      this.#running = undefined;
    });
    this.#running = { done, stop };
    return done;
  }

  /** Stops a running download and, unless told otherwise, removes what has arrived of unfinished files. */
  async cancel({ deleteTempFile }: { deleteTempFile?: boolean } = {}): Promise<void> {
    const running = this.#running;
    running?.stop.abort(new ColloquyError("aborted", "The download was cancelled"));
    await running?.done.catch(() => {});
    if (deleteTempFile ?? this.#options.deleteTempFileOnCancel ?? true) {
      for (const { path } of this.#items) await removePartFiles(path);
    }
  }

  async #downloadAll(signal: AbortSignal, over: DownloadOverrides): Promise<string> {
    const showBar = over.onStatus === undefined && this.#options.showCliProgress === true;
    const bar = showBar ? new ProgressBar({ label: this.entrypointFilename }) : undefined;
    let reportedAt = Number.NEGATIVE_INFINITY;
    const report = (always: boolean) => {
      bar?.update(this.downloadedSize, this.totalSize);
      const now = performance.now();
      if (!always && now - reportedAt < reportMs) return;
      reportedAt = now;
      if (over.onStatus !== undefined) over.onStatus();
      else this.#options.onProgress?.(this.#status());
    };
    try {
      const first = this.#items.filter(({ planned }) => planned.isProjector);
      const then = this.#items.filter(({ planned }) => !planned.isProjector);
      for (const item of [...first, ...then]) await this.#downloadItem(item, signal, over.parallel, report);
      report(true);
    } finally {
      bar?.stop();
    }
    return this.entrypointFilePath;
  }

  async #downloadItem(
    item: DownloadItem,
    signal: AbortSignal,
    parallel: number | undefined,
    report: (always: boolean) => void,
  ): Promise<void> {
    signal.throwIfAborted();
    const { planned, remote, path } = item;
    if (this.#options.skipExisting !== false && (await isSameFile(item))) {
      item.downloaded = sizeOf(item);
      return;
    }
    await downloadFile({
      ...planned,
      path,
      remote,
      signal,
      parallel: parallel ?? this.#options.parallelDownloads,
      deleteTempFileOnCancel: this.#options.deleteTempFileOnCancel ?? true,
      onBytes: (bytes) => {
        this.#speed.moved(bytes - item.downloaded);
        item.downloaded = bytes;
        report(false);
      },
    });
    item.downloaded = sizeOf(item) || ((await stat(path)).size ?? 0);
  }

  /** @internal Whether all files are in place; `thorough` also compares checksums, where they are known. */
  async isComplete(thorough: boolean): Promise<boolean> {
    for (const item of this.#items) {
      if (!(await isSameFile(item))) return false;
      const sha256 = item.planned.sha256 ?? item.remote.sha256;
      if (thorough && sha256 !== undefined && (await fileSha256(item.path)) !== sha256) return false;
    }
    return true;
  }

  #status(): ModelDownloadStatus {
    const { totalSize, downloadedSize, estimatedTimeLeft, averageSpeed } = this;
    return { totalSize, downloadedSize, estimatedTimeLeft, averageSpeed };
  }
}

/** @internal */
export interface DownloadOverrides {
  signal?: AbortSignal;
  parallel?: number;
  /** Called instead of the downloader's own reports. */
  onStatus?: () => void;
}

function sizeOf({ remote, planned }: DownloadItem): number {
  return remote.sizeBytes ?? planned.sizeBytes ?? 0;
}

async function isSameFile(item: DownloadItem): Promise<boolean> {
  const found = await stat(item.path).catch(() => undefined);
  return found?.isFile() === true && found.size === sizeOf(item);
}
