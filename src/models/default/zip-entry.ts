import { createWriteStream } from "node:fs";
import { type FileHandle, open } from "node:fs/promises";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createInflateRaw } from "node:zlib";
import { ColloquyError } from "../../base/errors.ts";

/** Limits for an archive that was not made to be friendly. */
const limits = { directoryBytes: 1 << 24, entries: 65_535, commentBytes: 65_535 };

interface ZipEntry {
  method: number;
  packedBytes: number;
  bytes: number;
  headerOffset: number;
}

/**
 * Writes one entry of a zip archive to a file, streaming: stored and deflated entries of an archive under 4 GiB,
 * which is what Python wheels are. The format: APPNOTE.TXT of PKWARE, sections 4.3 and 4.4.
 *
 * @param sizeBytes The size that the entry must have; more is refused while writing.
 * @throws ColloquyError `download-failed` when the archive is damaged or has no such entry.
 */
export async function extractZipEntry(
  archivePath: string,
  entryName: string,
  targetPath: string,
  sizeBytes: number,
  signal?: AbortSignal,
): Promise<void> {
  const archive = await open(archivePath, "r");
  try {
    const entry = await findEntry(archive, entryName, archivePath);
    if (entry.bytes !== sizeBytes) {
      throw broken(archivePath, `the entry "${entryName}" has ${entry.bytes} bytes, expected ${sizeBytes}`);
    }
    const start = await dataOffset(archive, entry, archivePath);
    const packed = archive.createReadStream({
      start,
      end: start + entry.packedBytes - 1,
      autoClose: false,
      highWaterMark: 1 << 20,
    });
    const target = createWriteStream(targetPath);
    const bounded = limitBytes(sizeBytes, () => broken(archivePath, `"${entryName}" is longer than it says`));
    if (entry.method === 0) await pipeline(packed, bounded, target, { signal });
    else await pipeline(packed, createInflateRaw({ chunkSize: 1 << 18 }), bounded, target, { signal });
  } finally {
    await archive.close();
  }
}

function limitBytes(limit: number, refusal: () => Error): Transform {
  let seen = 0;
  return new Transform({
    transform(chunk: Buffer, _encoding, done) {
      seen += chunk.length;
      if (seen > limit) done(refusal());
      else done(null, chunk);
    },
    flush(done) {
      done(seen === limit ? null : refusal());
    },
  });
}

function broken(archivePath: string, reason: string): ColloquyError {
  return new ColloquyError("download-failed", `The archive "${archivePath}" cannot be used: ${reason}`);
}

async function readAt(archive: FileHandle, offset: number, length: number, path: string): Promise<Buffer> {
  const buffer = Buffer.alloc(length);
  const { bytesRead } = await archive.read(buffer, 0, length, offset);
  if (bytesRead !== length) throw broken(path, "it is truncated");
  return buffer;
}

async function findEntry(archive: FileHandle, name: string, path: string): Promise<ZipEntry> {
  const { size } = await archive.stat();
  const tailBytes = Math.min(size, 22 + limits.commentBytes);
  const tail = await readAt(archive, size - tailBytes, tailBytes, path);
  const end = tail.lastIndexOf(Buffer.from([0x50, 0x4b, 0x05, 0x06]));
  if (end < 0 || end + 22 > tail.length) throw broken(path, "it has no zip directory");
  const entries = tail.readUInt16LE(end + 10);
  const directoryBytes = tail.readUInt32LE(end + 12);
  const directoryOffset = tail.readUInt32LE(end + 16);
  if (directoryBytes > limits.directoryBytes || directoryOffset + directoryBytes > size) {
    throw broken(path, "its zip directory is not where it says");
  }
  const directory = await readAt(archive, directoryOffset, directoryBytes, path);
  for (let index = 0, at = 0; index < entries && at + 46 <= directory.length; index++) {
    if (directory.readUInt32LE(at) !== 0x02014b50) throw broken(path, "its zip directory is damaged");
    const nameBytes = directory.readUInt16LE(at + 28);
    const next = at + 46 + nameBytes + directory.readUInt16LE(at + 30) + directory.readUInt16LE(at + 32);
    if (directory.toString("utf8", at + 46, at + 46 + nameBytes) === name)
      return entryAt(directory, at, path);
    at = next;
  }
  throw broken(path, `it has no entry "${name}"`);
}

function entryAt(directory: Buffer, at: number, path: string): ZipEntry {
  const flags = directory.readUInt16LE(at + 8);
  const method = directory.readUInt16LE(at + 10);
  if ((flags & 1) !== 0) throw broken(path, "the entry is encrypted");
  if (method !== 0 && method !== 8) throw broken(path, `the entry is packed by the unknown method ${method}`);
  return {
    method,
    packedBytes: directory.readUInt32LE(at + 20),
    bytes: directory.readUInt32LE(at + 24),
    headerOffset: directory.readUInt32LE(at + 42),
  };
}

/** The data follows a local header whose extra field may differ from the directory's. */
async function dataOffset(archive: FileHandle, entry: ZipEntry, path: string): Promise<number> {
  const header = await readAt(archive, entry.headerOffset, 30, path);
  if (header.readUInt32LE(0) !== 0x04034b50) throw broken(path, "an entry is not where the directory says");
  return entry.headerOffset + 30 + header.readUInt16LE(26) + header.readUInt16LE(28);
}
