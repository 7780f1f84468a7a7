import { open } from "node:fs/promises";
import { fileURLToPath } from "node:url";
import { ColloquyError, InvalidArgumentError } from "../base/errors.ts";
import { downloadMedia } from "./download-media.ts";
import type { MediaSource, ResolvedMediaLimits } from "./media-source.ts";

/**
 * The bytes of a file that a source names or is.
 * @throws ColloquyError `media-invalid`, `media-unsupported`, `download-failed`, `invalid-argument`
 */
export async function readMedia(
  source: MediaSource,
  limits: ResolvedMediaLimits,
  signal?: AbortSignal,
): Promise<Buffer> {
  if (source instanceof ArrayBuffer) return checked(Buffer.from(source), limits);
  if (source instanceof Uint8Array)
    return checked(Buffer.from(source.buffer, source.byteOffset, source.byteLength), limits);
  const text = source instanceof URL ? source.href : source;
  if (typeof text !== "string" || text === "")
    throw new InvalidArgumentError("An image or sound is a path, a URL, or the bytes of a file");
  if (/^data:/i.test(text)) return checked(parseDataUrl(text, limits), limits);
  if (/^https?:/i.test(text)) return downloadMedia(parseUrl(text), limits, signal);
  if (!limits.allowFiles)
    throw new ColloquyError("media-unsupported", "Files of this machine are not read here", {
      hint: "send the bytes as a data: URL",
    });
  return readFileWithin(/^file:/i.test(text) ? fileURLToPath(text) : text, limits);
}

function parseUrl(text: string): URL {
  try {
    return new URL(text);
  } catch (cause) {
    throw new InvalidArgumentError(`"${text.slice(0, 200)}" is no URL`, { cause });
  }
}

function checked(bytes: Buffer, { bytesMax }: ResolvedMediaLimits): Buffer {
  if (bytes.length > bytesMax) throw tooLarge(bytes.length, bytesMax);
  return bytes;
}

function tooLarge(size: number, bytesMax: number): ColloquyError {
  return new ColloquyError("media-invalid", `The file has ${size} bytes, more than ${bytesMax}`);
}

/** RFC 2397. */
function parseDataUrl(text: string, { bytesMax }: ResolvedMediaLimits): Buffer {
  const comma = text.indexOf(",");
  if (comma === -1) throw new ColloquyError("media-invalid", "The data: URL has no data");
  if (text.length - comma > 4 * bytesMax) throw tooLarge(text.length - comma, bytesMax);
  const body = text.slice(comma + 1);
  if (/;\s*base64\s*$/i.test(text.slice(0, comma))) return Buffer.from(body, "base64");
  try {
    return Buffer.from(decodeURIComponent(body), "latin1");
  } catch (cause) {
    throw new ColloquyError("media-invalid", "The data: URL is damaged", { cause });
  }
}

async function readFileWithin(path: string, { bytesMax }: ResolvedMediaLimits): Promise<Buffer> {
  const failed = (why: string, cause?: unknown) =>
    new ColloquyError("media-invalid", `"${path}" ${why}`, { cause });
  const file = await open(path, "r").catch((cause: unknown) => {
    throw failed("cannot be read", cause);
  });
  try {
    const facts = await file.stat();
    if (!facts.isFile()) throw failed(facts.isDirectory() ? "is a directory" : "is no regular file");
    if (facts.size > bytesMax) throw tooLarge(facts.size, bytesMax);
    return await file.readFile();
  } finally {
    await file.close();
  }
}
