import { createHash, type Hash } from "node:crypto";
import { open, readFile, rename, rm } from "node:fs/promises";
import { ColloquyError } from "../../base/errors.ts";

/*
 * A state file: what one sequence holds, so that it need not be evaluated again.
 *
 *   8 bytes   "CLQYSEQ1"
 *   4 bytes   length of the header, little endian
 *   n bytes   header, JSON: {@link StateHeader}
 *   4·t bytes token ids, 32-bit little endian
 *   s bytes   llama.cpp's state of the sequence
 *   32 bytes  SHA-256 of everything before
 */
const magic = "CLQYSEQ1";
const digestBytes = 32;
const headerBytesMax = 1 << 16;

export interface StateHeader {
  /** Of the file's format. */
  readonly version: 1;
  /** Identifies the model file; see `modelFingerprint`. */
  readonly model: string;
  /** What else the bytes depend on: llama.cpp's version, types of the cache, flash attention. */
  readonly layout: string;
  readonly tokenCount: number;
  readonly stateBytes: number;
}

/** The content of a state file. */
export interface SequenceState {
  readonly tokens: Int32Array;
  readonly bytes: Uint8Array;
}

function invalid(path: string, why: string): ColloquyError {
  return new ColloquyError("state-file-invalid", `"${path}" ${why}`);
}

/**
 * Writes a state under a temporary name and renames it: there is never half a file under `path`.
 * @returns bytes written
 */
export async function writeStateFile(
  path: string,
  model: string,
  layout: string,
  state: SequenceState,
): Promise<number> {
  const header: StateHeader = {
    version: 1,
    model,
    layout,
    tokenCount: state.tokens.length,
    stateBytes: state.bytes.length,
  };
  const json = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(magic.length + 4);
  head.write(magic, "latin1");
  head.writeUInt32LE(json.length, magic.length);
  const tokens = Buffer.from(state.tokens.buffer, state.tokens.byteOffset, state.tokens.byteLength);
  const parts = [head, json, tokens, state.bytes];
  const temporary = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}.part`;
  try {
    const file = await open(temporary, "wx");
    try {
      const hash: Hash = createHash("sha256");
      for (const part of parts) {
        hash.update(part);
        // A single write may come to an end early: on a full disk, or after 2 GiB.
        await file.writeFile(part);
      }
      await file.writeFile(hash.digest());
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
  return parts.reduce((sum, part) => sum + part.length, digestBytes);
}

/**
 * Reads and checks a state file.
 * @throws ColloquyError `state-file-invalid` when it is truncated or damaged, `state-file-mismatch` when it belongs to
 * another model or layout
 */
export async function readStateFile(path: string, model: string, layout: string): Promise<SequenceState> {
  let content: Buffer;
  try {
    content = await readFile(path);
  } catch (cause) {
    throw new ColloquyError("state-file-invalid", `"${path}" could not be read`, { cause });
  }
  return parseState(path, content, model, layout);
}

function parseState(path: string, content: Buffer, model: string, layout: string): SequenceState {
  const least = magic.length + 4 + digestBytes;
  if (content.length < least || content.toString("latin1", 0, magic.length) !== magic)
    throw invalid(path, "is not a state file of colloquy");
  const body = content.subarray(0, content.length - digestBytes);
  const digest = createHash("sha256").update(body).digest();
  if (!digest.equals(content.subarray(content.length - digestBytes)))
    throw invalid(path, "is truncated or damaged: its checksum does not match");
  const header = parseHeader(path, body);
  if (header.model !== model)
    throw new ColloquyError("state-file-mismatch", `"${path}" was saved with another model`, {
      hint: "load the model file that it was saved with",
    });
  if (header.layout !== layout)
    throw new ColloquyError(
      "state-file-mismatch",
      `"${path}" was saved by ${header.layout}, this context is ${layout}`,
      {
        hint: "create the context with the same types of cache",
      },
    );
  const tokensAt = magic.length + 4 + body.readUInt32LE(magic.length);
  const stateAt = tokensAt + 4 * header.tokenCount;
  if (stateAt + header.stateBytes !== body.length)
    throw invalid(path, "has lengths that contradict each other");
  const tokens = new Int32Array(header.tokenCount);
  for (let index = 0; index < tokens.length; index++) tokens[index] = body.readInt32LE(tokensAt + 4 * index);
  return { tokens, bytes: body.subarray(stateAt) };
}

function parseHeader(path: string, body: Buffer): StateHeader {
  const length = body.readUInt32LE(magic.length);
  if (length > headerBytesMax || magic.length + 4 + length > body.length)
    throw invalid(path, "has a header that is too long");
  let header: Partial<StateHeader> | null;
  try {
    header = JSON.parse(body.toString("utf8", magic.length + 4, magic.length + 4 + length));
  } catch (cause) {
    throw new ColloquyError("state-file-invalid", `"${path}" has a header that is not JSON`, { cause });
  }
  if (header === null || typeof header !== "object") throw invalid(path, "has a header that is no object");
  const counts = [header.tokenCount, header.stateBytes];
  if (header.version !== 1)
    throw invalid(path, `has format version ${String(header.version)}, this is version 1`);
  if (!counts.every((count) => Number.isSafeInteger(count) && count! >= 0))
    throw invalid(path, "has a header without lengths");
  return header as StateHeader;
}
