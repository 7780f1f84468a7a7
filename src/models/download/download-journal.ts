import { readFile, rename, rm, stat, writeFile } from "node:fs/promises";

/** Which segments of a partly downloaded file are on disk. */
export interface DownloadJournal {
  version: 1;
  sizeBytes: number;
  segmentBytes: number;
  /** What the server called this version of the file. */
  validator: string | null;
  /** Indexes of the finished segments. */
  done: number[];
}

const segmentBytesMin = 8 << 20;
const segmentsMax = 4096;

/** Small segments lose little when a download is cut off; their number is bounded for huge files. */
export function segmentBytesFor(sizeBytes: number): number {
  return Math.max(segmentBytesMin, Math.ceil(sizeBytes / segmentsMax));
}

export function partPath(path: string): string {
  return `${path}.part`;
}

function journalPath(path: string): string {
  return `${path}.part.json`;
}

/** The journal of an interrupted download of this very file, or a fresh one. */
export async function openJournal(
  path: string,
  sizeBytes: number,
  validator: string | undefined,
  segmentBytes: number,
): Promise<DownloadJournal> {
  const fresh: DownloadJournal = {
    version: 1,
    sizeBytes,
    segmentBytes,
    validator: validator ?? null,
    done: [],
  };
  if (validator === undefined) return fresh;
  const journal = await readJournal(path);
  const part = await stat(partPath(path)).catch(() => undefined);
  const same =
    journal !== undefined &&
    part?.size === sizeBytes &&
    journal.sizeBytes === sizeBytes &&
    journal.segmentBytes === segmentBytes &&
    journal.validator === validator;
  if (!same) return fresh;
  const segments = Math.ceil(sizeBytes / segmentBytes);
  const done = [...new Set(journal.done)].filter(
    (index) => Number.isInteger(index) && index >= 0 && index < segments,
  );
  return { ...fresh, done };
}

async function readJournal(path: string): Promise<DownloadJournal | undefined> {
  try {
    const parsed = JSON.parse(await readFile(journalPath(path), "utf8")) as DownloadJournal;
    return parsed.version === 1 && Array.isArray(parsed.done) ? parsed : undefined;
  } catch {
    // Absent or cut off in the middle: the download begins anew.
    return undefined;
  }
}

/** Replaced by renaming, so that a kill leaves the old journal or the new one, never half of one. */
export async function saveJournal(path: string, journal: DownloadJournal): Promise<void> {
  const temporary = `${journalPath(path)}.new`;
  await writeFile(temporary, JSON.stringify(journal));
  await rename(temporary, journalPath(path));
}

export async function removeJournal(path: string): Promise<void> {
  await rm(journalPath(path), { force: true });
}

/** Removes everything that an unfinished download left behind. */
export async function removePartFiles(path: string): Promise<void> {
  await rm(partPath(path), { force: true });
  await rm(journalPath(path), { force: true });
}
