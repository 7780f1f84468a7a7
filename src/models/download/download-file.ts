import { type FileHandle, mkdir, open, rename, stat, statfs } from "node:fs/promises";
import { basename, dirname } from "node:path";
import { ColloquyError } from "../../base/errors.ts";
import { linkedAbort } from "../../base/linked-abort.ts";
import { bodyChunks } from "./body-chunks.ts";
import {
  type DownloadJournal,
  openJournal,
  partPath,
  removeJournal,
  removePartFiles,
  saveJournal,
  segmentBytesFor,
} from "./download-journal.ts";
import { checkSha256 } from "./file-checksum.ts";
import { withFileLock } from "./file-lock.ts";
import {
  type HttpGetOptions,
  type HttpTarget,
  httpGet,
  networkError,
  retryPause,
  shownUrl,
} from "./http-get.ts";
import { contentRangeTotal, probeRemoteFile, type RemoteFile } from "./remote-file.ts";

export interface DownloadFileOptions extends HttpTarget {
  /** Final path of the file. It appears there whole and checked, or not at all. */
  path: string;
  /** Expected SHA-256; when absent, the one that the server names, if it names one. */
  sha256?: string;
  /** Expected size in bytes. */
  sizeBytes?: number;
  /** Connections at the same time. Default: 4. */
  parallel?: number;
  /** Called with the bytes on disk and the size of the file (0 while unknown). */
  onBytes?: (downloadedBytes: number, totalBytes: number) => void;
  /** Whether an abort also removes what has arrived. Default: false: a later call continues. */
  deleteTempFileOnCancel?: boolean;
  signal?: AbortSignal;
  /** What a server said about the file a moment ago; asked for when absent. */
  remote?: RemoteFile;
  /** For tests: smaller segments and shorter waits. */
  segmentBytes?: number;
  retryDelayMs?: number;
  /** Longest pause between two pieces of a body. Default: 30,000. */
  idleTimeoutMs?: number;
}

/**
 * Downloads one file over parallel range requests; continues an interrupted download; verifies; then renames.
 * A second process that wants the same file waits and finds it done.
 *
 * @throws ColloquyError `download-failed`, `model-not-found`, `checksum-mismatch`, `model-file-invalid`
 */
export async function downloadFile(options: DownloadFileOptions): Promise<void> {
  const { path, signal } = options;
  await mkdir(dirname(path), { recursive: true });
  const before = await stat(path).catch(() => undefined);
  try {
    await withFileLock(
      path,
      async () => {
        const now = await stat(path).catch(() => undefined);
        // Another process finished the same file while this one waited for the lock.
        if (now !== undefined && now.mtimeMs !== before?.mtimeMs) return;
        await fetchIntoPlace(options);
      },
      { signal },
    );
  } catch (error) {
    if (signal?.aborted) {
      if (options.deleteTempFileOnCancel === true) await removePartFiles(path);
      throw signal.reason;
    }
    throw error;
  }
}

async function fetchIntoPlace(options: DownloadFileOptions): Promise<void> {
  const { path, signal } = options;
  const remote = options.remote ?? (await probeRemoteFile(options, httpOptions(options)));
  const { sizeBytes } = remote;
  if (options.sizeBytes !== undefined && sizeBytes !== undefined && options.sizeBytes !== sizeBytes) {
    const message = `${shownUrl(options.url)} has ${sizeBytes} bytes, expected ${options.sizeBytes}`;
    throw new ColloquyError("checksum-mismatch", message);
  }
  const handle = await openPart(partPath(path));
  try {
    if (remote.ranges && sizeBytes !== undefined) await fetchSegments(options, remote, sizeBytes, handle);
    else await fetchWhole(options, remote, handle);
    await handle.datasync();
  } finally {
    await handle.close();
  }
  const sha256 = options.sha256 ?? remote.sha256;
  try {
    if (sha256 !== undefined) await checkSha256(partPath(path), sha256, shownUrl(options.url), signal);
    await checkIsModel(path, options.url);
  } catch (error) {
    // Wrong content would stay wrong: the next attempt has to begin anew.
    if (error instanceof ColloquyError) await removePartFiles(path);
    throw error;
  }
  await rename(partPath(path), path);
  await removeJournal(path);
}

async function openPart(path: string): Promise<FileHandle> {
  return open(path, "r+").catch(() => open(path, "w+"));
}

function httpOptions(options: DownloadFileOptions): HttpGetOptions {
  return { signal: options.signal, retryDelayMs: options.retryDelayMs };
}

/** A login page or an error text that came with status 200 must not become a model file. */
async function checkIsModel(path: string, url: string): Promise<void> {
  if (!path.toLowerCase().endsWith(".gguf")) return;
  const handle = await open(partPath(path), "r");
  try {
    const { buffer, bytesRead } = await handle.read(Buffer.alloc(4), 0, 4, 0);
    if (bytesRead === 4 && buffer.toString("latin1") === "GGUF") return;
  } finally {
    await handle.close();
  }
  throw new ColloquyError(
    "model-file-invalid",
    `${shownUrl(url)} did not send a GGUF file for "${basename(path)}"`,
  );
}

async function fetchSegments(
  options: DownloadFileOptions,
  remote: RemoteFile,
  sizeBytes: number,
  handle: FileHandle,
): Promise<void> {
  const segmentBytes = options.segmentBytes ?? segmentBytesFor(sizeBytes);
  const journal = await openJournal(options.path, sizeBytes, remote.validator, segmentBytes);
  const segments = Array.from({ length: Math.ceil(sizeBytes / segmentBytes) }, (_, index) => index);
  const done = new Set(journal.done);
  const pending = segments.filter((index) => !done.has(index));
  const lengthOf = (index: number) => Math.min(segmentBytes, sizeBytes - index * segmentBytes);
  let downloaded = journal.done.reduce((total, index) => total + lengthOf(index), 0);
  await checkFreeSpace(options.path, sizeBytes - downloaded);
  await handle.truncate(sizeBytes);
  await saveJournal(options.path, journal);
  options.onBytes?.(downloaded, sizeBytes);

  const stop = linkedAbort(options.signal);
  const { signal } = stop;
  const saving = new JournalWriter(options.path, journal);
  const worker = async () => {
    for (let index = pending.shift(); index !== undefined; index = pending.shift()) {
      const first = index * segmentBytes;
      const onBytes = (bytes: number) => {
        downloaded += bytes;
        options.onBytes?.(downloaded, sizeBytes);
      };
      const range = [first, first + lengthOf(index) - 1] as const;
      await fetchSegment({ ...options, signal }, remote, range, handle, onBytes);
      await saving.finished(index);
    }
  };
  const count = Math.max(1, Math.min(options.parallel ?? 4, pending.length));
  const workers = Array.from({ length: count }, () => worker());
  try {
    await Promise.all(workers);
  } catch (error) {
    // Nobody may write any more when the handle is closed.
    stop.abort();
    await Promise.allSettled(workers);
    throw error;
  } finally {
    stop.unlink();
  }
}

/** Saves the journal after each segment, one save at a time. */
class JournalWriter {
  readonly #path: string;
  readonly #journal: DownloadJournal;
  #last: Promise<void> = Promise.resolve();

  constructor(path: string, journal: DownloadJournal) {
    this.#path = path;
    this.#journal = journal;
  }

  async finished(index: number): Promise<void> {
    this.#journal.done.push(index);
    this.#last = this.#last.then(() => saveJournal(this.#path, this.#journal));
    await this.#last;
  }
}

/** Fetches one range, going on after a break from the byte that was reached. */
async function fetchSegment(
  options: DownloadFileOptions,
  remote: RemoteFile,
  [first, last]: readonly [number, number],
  handle: FileHandle,
  onBytes: (bytes: number) => void,
): Promise<void> {
  let at = first;
  for (let attempt = 1; at <= last; attempt++) {
    const result = await httpGet(segmentTarget(options, remote, attempt), {
      ...httpOptions(options),
      range: [at, last],
    });
    checkSameFile(result.response, remote, options.url);
    try {
      for await (const chunk of bodyChunks(result.response, options)) {
        if (at + chunk.length > last + 1) {
          throw new ColloquyError("download-failed", `${shownUrl(options.url)} sent more than was asked for`);
        }
        await writeAll(handle, chunk, at);
        at += chunk.length;
        onBytes(chunk.length);
      }
      if (at > last) return;
      throw new Error("the connection ended early");
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof ColloquyError) throw error;
      if (attempt >= 5) throw networkError(options.url, error);
      await retryPause(attempt, options);
    }
  }
}

/** The address after redirects first; after a break the original one, because signed addresses expire. */
function segmentTarget(options: DownloadFileOptions, remote: RemoteFile, attempt: number): HttpTarget {
  return attempt === 1 ? remote.target : options;
}

function checkSameFile(response: Response, remote: RemoteFile, url: string): void {
  const validator = response.headers.get("etag") ?? response.headers.get("last-modified") ?? undefined;
  const total = contentRangeTotal(response.headers);
  if (response.status === 206 && total === remote.sizeBytes && validator === remote.validator) return;
  void response.body?.cancel().catch(() => {});
  throw new ColloquyError("download-failed", `${shownUrl(url)} changed while it was being downloaded`);
}

/** A server without ranges sends the file in one piece; a break means beginning anew. */
async function fetchWhole(
  options: DownloadFileOptions,
  remote: RemoteFile,
  handle: FileHandle,
): Promise<void> {
  const expected = remote.sizeBytes ?? options.sizeBytes;
  await checkFreeSpace(options.path, expected ?? 0);
  for (let attempt = 1; ; attempt++) {
    const { response } = await httpGet(segmentTarget(options, remote, attempt), httpOptions(options));
    await handle.truncate(0);
    let at = 0;
    try {
      for await (const chunk of bodyChunks(response, options)) {
        await writeAll(handle, chunk, at);
        at += chunk.length;
        options.onBytes?.(at, expected ?? 0);
      }
      if (expected === undefined || at === expected) return;
      throw new Error(`the connection ended after ${at} of ${expected} bytes`);
    } catch (error) {
      options.signal?.throwIfAborted();
      if (error instanceof ColloquyError) throw error;
      if (attempt >= 5) throw networkError(options.url, error);
      await retryPause(attempt, options);
    }
  }
}

async function writeAll(handle: FileHandle, chunk: Uint8Array, at: number): Promise<void> {
  try {
    for (let written = 0; written < chunk.length; ) {
      const { bytesWritten } = await handle.write(chunk, written, chunk.length - written, at + written);
      written += bytesWritten;
    }
  } catch (cause) {
    const { code } = cause as NodeJS.ErrnoException;
    const message = code === "ENOSPC" ? "the disk is full" : `the file cannot be written (${code})`;
    throw new ColloquyError("download-failed", `The download stopped: ${message}`, { cause });
  }
}

/** Better refused now than after an hour. */
async function checkFreeSpace(path: string, bytes: number): Promise<void> {
  const disk = await statfs(dirname(path)).catch(() => undefined);
  // Some file systems report nothing; then the write itself will tell.
  if (disk === undefined || disk.bavail === 0) return;
  const free = disk.bavail * disk.bsize;
  if (bytes <= free) return;
  const message = `"${basename(path)}" needs ${bytes} more bytes, and "${dirname(path)}" has ${free} free`;
  throw new ColloquyError("download-failed", message);
}
