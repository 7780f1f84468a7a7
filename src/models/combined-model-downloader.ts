import { InvalidArgumentError } from "../base/errors.ts";
import { linkedAbort } from "../base/linked-abort.ts";
import type { DownloadProgress } from "./download/progress.ts";
import type { ModelDownloader } from "./model-downloader.ts";
import { ProgressBar } from "./progress-bar.ts";

export interface CombinedModelDownloaderOptions {
  /** Whether to show one progress bar for all on a terminal's standard error. Default: false. */
  showCliProgress?: boolean;
  /** Called instead of the single downloaders' `onProgress`. */
  onProgress?: (status: DownloadProgress) => void;
  /** Connections at the same time, over all models. Default: 4. */
  parallelDownloads?: number;
}

/**
 * Joins downloaders into one with one progress display. Display, reports and connections of the single ones are
 * then not used.
 *
 * @example
 * const both = await combineModelDownloaders([
 *   createModelDownloader({modelUri: "hf:owner/chat:Q4_K_M"}),
 *   createModelDownloader({modelUri: "hf:owner/embedding:Q8_0"}),
 * ], {showCliProgress: true});
 * const [chatPath, embeddingPath] = await both.download();
 */
export async function combineModelDownloaders(
  downloaders: readonly (ModelDownloader | Promise<ModelDownloader>)[],
  options: CombinedModelDownloaderOptions = {},
): Promise<CombinedModelDownloader> {
  const { parallelDownloads = 4 } = options;
  if (!Number.isInteger(parallelDownloads) || parallelDownloads < 1) {
    throw new InvalidArgumentError("The number of parallel downloads must be a whole number above 0");
  }
  return new CombinedModelDownloader(await Promise.all(downloaders), options);
}

/** Downloads of several models as one. Made by `combineModelDownloaders`. */
export class CombinedModelDownloader {
  readonly #downloaders: readonly ModelDownloader[];
  readonly #options: CombinedModelDownloaderOptions;

  /** @internal */
  constructor(downloaders: readonly ModelDownloader[], options: CombinedModelDownloaderOptions) {
    this.#downloaders = downloaders;
    this.#options = options;
  }

  get modelDownloaders(): readonly ModelDownloader[] {
    return this.#downloaders;
  }

  /** Names of the files to load the models from, in the order given. */
  get entrypointFilenames(): string[] {
    return this.#downloaders.map((downloader) => downloader.entrypointFilename);
  }

  /** Paths of the files to load the models from, in the order given. */
  get entrypointFilePaths(): string[] {
    return this.#downloaders.map((downloader) => downloader.entrypointFilePath);
  }

  get totalFiles(): number {
    return this.#sum((downloader) => downloader.totalFiles);
  }

  get totalSize(): number {
    return this.#sum((downloader) => downloader.totalSize);
  }

  get downloadedSize(): number {
    return this.#sum((downloader) => downloader.downloadedSize);
  }

  /**
   * Downloads everything; the first failure stops the others.
   *
   * @returns Paths of the files to load the models from, in the order given.
   */
  async download({ signal }: { signal?: AbortSignal } = {}): Promise<string[]> {
    const { showCliProgress, onProgress, parallelDownloads = 4 } = this.#options;
    const bar = showCliProgress === true ? new ProgressBar({ label: `${this.totalFiles} files` }) : undefined;
    const onStatus = () => {
      const { totalSize, downloadedSize } = this;
      bar?.update(downloadedSize, totalSize);
      onProgress?.({ totalSize, downloadedSize });
    };
    const stop = linkedAbort(signal);
    const pending = [...this.#downloaders];
    const lanes = Math.max(1, Math.min(pending.length, parallelDownloads));
    const parallel = Math.max(1, Math.floor(parallelDownloads / lanes));
    const lane = async () => {
      for (let next = pending.shift(); next !== undefined; next = pending.shift()) {
        await next.downloadReporting({ signal: stop.signal, parallel, onStatus });
      }
    };
    const running = Array.from({ length: lanes }, lane);
    try {
      await Promise.all(running);
    } catch (error) {
      stop.abort(error);
      await Promise.allSettled(running);
      throw error;
    } finally {
      stop.unlink();
      bar?.stop();
    }
    return this.entrypointFilePaths;
  }

  /** Stops all downloads. */
  async cancel(options: { deleteTempFile?: boolean } = {}): Promise<void> {
    await Promise.all(this.#downloaders.map((downloader) => downloader.cancel(options)));
  }

  #sum(value: (downloader: ModelDownloader) => number): number {
    return this.#downloaders.reduce((total, downloader) => total + value(downloader), 0);
  }
}
