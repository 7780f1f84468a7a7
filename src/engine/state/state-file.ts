import { createHash, type Hash } from "node:crypto";
import { type FileHandle, open, rename, rm } from "node:fs/promises";
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
/** States are larger than one read, one write or one typed array may be: they go piece by piece. */
const defaultPieceBytes = 4 * 2 ** 20;

export interface StateHeader {
  /** Of the file's format. */
  readonly version: 1;
  /** Identifies the model file; see `modelFingerprint`. */
  readonly model: string;
  /** What else the bytes depend on: llama.cpp's version, types of the cache, flash attention. */
  readonly layout: string;
  readonly tokenCount: number;
  /** See {@link SequenceState.exactLength}. Absent: all. */
  readonly exactCount?: number;
  readonly stateBytes: number;
}

/** The content of a state file. */
export interface SequenceState {
  readonly tokens: Int32Array;
  /** How many leading cells are what a fresh context would have computed; others were moved. Default: all. */
  readonly exactLength?: number;
  /** Not a typed array: Node 20 has none above 4 GiB. */
  readonly bytes: ArrayBuffer;
}

function invalid(path: string, why: string): ColloquyError {
  return new ColloquyError("state-file-invalid", `"${path}" ${why}`);
}

/** The content of a buffer, piece by piece. */
function* piecesOf(bytes: ArrayBuffer, pieceBytes: number): Generator<Uint8Array> {
  for (let start = 0; start < bytes.byteLength; start += pieceBytes)
    yield new Uint8Array(bytes, start, Math.min(pieceBytes, bytes.byteLength - start));
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
  pieceBytes = defaultPieceBytes,
): Promise<number> {
  const header: StateHeader = {
    version: 1,
    model,
    layout,
    tokenCount: state.tokens.length,
    ...(state.exactLength === undefined ? {} : { exactCount: state.exactLength }),
    stateBytes: state.bytes.byteLength,
  };
  const json = Buffer.from(JSON.stringify(header));
  const head = Buffer.alloc(magic.length + 4);
  head.write(magic, "latin1");
  head.writeUInt32LE(json.length, magic.length);
  const tokens = Buffer.from(state.tokens.buffer, state.tokens.byteOffset, state.tokens.byteLength);
  const temporary = `${path}.${process.pid}.${Math.random().toString(36).slice(2)}.part`;
  try {
    const file = await open(temporary, "wx");
    try {
      const hash: Hash = createHash("sha256");
      const write = async (part: Uint8Array) => {
        hash.update(part);
        // A single write may come to an end early, on a full disk for instance; this one goes on until it fails.
        await file.writeFile(part);
      };
      for (const part of [head, json, tokens]) await write(part);
      for (const piece of piecesOf(state.bytes, pieceBytes)) await write(piece);
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
  return head.length + json.length + tokens.length + state.bytes.byteLength + digestBytes;
}

/**
 * Reads and checks a state file.
 * @throws ColloquyError `state-file-invalid` when it is truncated or damaged, `state-file-mismatch` when it belongs to
 * another model or layout
 */
export async function readStateFile(
  path: string,
  model: string,
  layout: string,
  pieceBytes = defaultPieceBytes,
): Promise<SequenceState> {
  return withFile(path, (file, size) => readState(file, size, { model, layout, pieceBytes }));
}

/**
 * Only the tokens, without a look at the checksum; `undefined` when the file belongs to another model or layout.
 * @throws ColloquyError `state-file-invalid`
 */
export async function readStateTokens(
  path: string,
  model: string,
  layout: string,
): Promise<Int32Array | undefined> {
  return withFile(path, async (file, size) => {
    const header = await readHeader(file, size);
    return header.model === model && header.layout === layout ? readTokens(file, header) : undefined;
  });
}

async function withFile<T>(path: string, read: (file: HashedFile, size: number) => Promise<T>): Promise<T> {
  let file: FileHandle | undefined;
  try {
    file = await open(path, "r");
    return await read(new HashedFile(path, file), (await file.stat()).size);
  } catch (cause) {
    if (cause instanceof ColloquyError) throw cause;
    throw new ColloquyError("state-file-invalid", `"${path}" could not be read`, { cause });
  } finally {
    await file?.close();
  }
}

/** A file that is read from its beginning to its end while its checksum is computed. */
class HashedFile {
  readonly path: string;
  readonly #file: FileHandle;
  readonly #hash = createHash("sha256");

  constructor(path: string, file: FileHandle) {
    this.path = path;
    this.#file = file;
  }

  /** Fills `part` with the next bytes. @throws ColloquyError when there are fewer */
  async read<Part extends Uint8Array>(part: Part): Promise<Part> {
    await this.#fill(part);
    this.#hash.update(part);
    return part;
  }

  /** Reads the checksum behind everything else. @throws ColloquyError when it is another one */
  async check(): Promise<void> {
    const stored = Buffer.alloc(digestBytes);
    await this.#fill(stored);
    if (!this.#hash.digest().equals(stored))
      throw invalid(this.path, "is truncated or damaged: its checksum does not match");
  }

  async #fill(part: Uint8Array): Promise<void> {
    for (let done = 0; done < part.length; ) {
      const { bytesRead } = await this.#file.read(part, done, part.length - done, null);
      if (bytesRead === 0) throw invalid(this.path, "is truncated");
      done += bytesRead;
    }
  }
}

async function readState(
  file: HashedFile,
  size: number,
  { model, layout, pieceBytes }: { model: string; layout: string; pieceBytes: number },
): Promise<SequenceState> {
  const header = await readHeader(file, size);
  const tokens = await readTokens(file, header);
  const bytes = new ArrayBuffer(header.stateBytes);
  for (const piece of piecesOf(bytes, pieceBytes)) await file.read(piece);
  await file.check();
  checkOrigin(file.path, header, model, layout);
  const { exactCount } = header;
  return { tokens, bytes, ...(exactCount === undefined ? {} : { exactLength: exactCount }) };
}

/** Everything before the tokens. The lengths that it says are those of the file. */
async function readHeader(file: HashedFile, size: number): Promise<StateHeader> {
  const { path } = file;
  if (size < magic.length + 4 + digestBytes) throw invalid(path, "is not a state file of colloquy");
  const head = await file.read(Buffer.alloc(magic.length + 4));
  if (head.toString("latin1", 0, magic.length) !== magic)
    throw invalid(path, "is not a state file of colloquy");
  const headerBytes = head.readUInt32LE(magic.length);
  if (headerBytes > headerBytesMax || head.length + headerBytes + digestBytes > size)
    throw invalid(path, "has a header that is too long");
  const header = parseHeader(path, (await file.read(Buffer.alloc(headerBytes))).toString("utf8"));
  // Before anything is allocated: a header may say what it likes.
  if (head.length + headerBytes + 4 * header.tokenCount + header.stateBytes + digestBytes !== size)
    throw invalid(path, "has lengths that contradict each other");
  return header;
}

async function readTokens(file: HashedFile, { tokenCount }: StateHeader): Promise<Int32Array> {
  const tokens = new Int32Array(tokenCount);
  await file.read(new Uint8Array(tokens.buffer));
  return tokens;
}

/** Only after the checksum: a file that is damaged belongs to nobody. */
function checkOrigin(path: string, header: StateHeader, model: string, layout: string): void {
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
}

function parseHeader(path: string, json: string): StateHeader {
  let header: Partial<StateHeader> | null;
  try {
    header = JSON.parse(json);
  } catch (cause) {
    throw new ColloquyError("state-file-invalid", `"${path}" has a header that is not JSON`, { cause });
  }
  if (header === null || typeof header !== "object") throw invalid(path, "has a header that is no object");
  const counts = [header.tokenCount, header.stateBytes];
  if (header.version !== 1)
    throw invalid(path, `has format version ${String(header.version)}, this is version 1`);
  const isCount = (count: unknown) => Number.isSafeInteger(count) && (count as number) >= 0;
  if (!counts.every(isCount)) throw invalid(path, "has a header without lengths");
  const { exactCount } = header;
  if (exactCount !== undefined && !(isCount(exactCount) && exactCount <= header.tokenCount!))
    throw invalid(path, "has more exact tokens than tokens");
  return header as StateHeader;
}
