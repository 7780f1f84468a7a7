import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import { ColloquyError, type ErrorCode } from "../base/errors.ts";

/** Where a header is read from. */
export interface ByteSource {
  /** Path or address, for messages. */
  readonly name: string;
  /** Size of the whole file in bytes. */
  readonly sizeBytes: number;
  /** Between `least` and `most` bytes from `offset` on; fewer than `least` only when the file shrank meanwhile. */
  read(offset: number, least: number, most: number): Buffer;
}

/** Thrown by a prefix source when the parser walks past the bytes fetched so far; never reaches a caller. */
export class PrefixExhausted extends Error {
  readonly bytesNeeded: number;

  constructor(bytesNeeded: number) {
    super(`${bytesNeeded} bytes needed`);
    this.bytesNeeded = bytesNeeded;
  }
}

/** The first bytes of a larger file, already in memory. */
export function prefixSource(name: string, prefix: Buffer, sizeBytes: number): ByteSource {
  return {
    name,
    sizeBytes,
    read(offset, least, most) {
      if (offset + least > prefix.length) throw new PrefixExhausted(offset + least);
      return prefix.subarray(offset, offset + most);
    },
  };
}

/** Runs `use` on an open local file and closes the file whatever happens. */
export function withFileSource<T>(path: string, use: (source: ByteSource) => T): T {
  const descriptor = openModelFile(path);
  try {
    const stat = fstatSync(descriptor);
    if (stat.isDirectory()) throw refusal("model-file-invalid", `"${path}" is a directory, not a GGUF file`);
    if (!stat.isFile()) throw refusal("model-file-invalid", `"${path}" is not a regular file`);
    return use({
      name: path,
      sizeBytes: stat.size,
      read(offset, _least, most) {
        const buffer = Buffer.allocUnsafe(Math.max(0, Math.min(most, stat.size - offset)));
        let filled = 0;
        while (filled < buffer.length) {
          const got = readSync(descriptor, buffer, filled, buffer.length - filled, offset + filled);
          if (got === 0) break;
          filled += got;
        }
        return buffer.subarray(0, filled);
      },
    });
  } finally {
    closeSync(descriptor);
  }
}

function openModelFile(path: string): number {
  try {
    return openSync(path, "r");
  } catch (cause) {
    const reason = (cause as NodeJS.ErrnoException).code;
    if (reason === "ENOENT" || reason === "ENOTDIR") {
      throw new ColloquyError("model-not-found", `There is no file "${path}"`, { cause });
    }
    if (reason === "EISDIR") throw refusal("model-file-invalid", `"${path}" is a directory, not a GGUF file`);
    throw new ColloquyError("model-not-found", `The file "${path}" cannot be opened: ${reason}`, { cause });
  }
}

function refusal(code: ErrorCode, message: string): ColloquyError {
  return new ColloquyError(code, message);
}

const chunkBytes = 1 << 20;

/**
 * Reads little-endian values one after another through a sliding window.
 * Every read is checked against the file's size first, so a hostile length costs nothing.
 */
export class ByteReader {
  readonly source: ByteSource;
  /** Position of the next byte, from the start of the file. */
  offset = 0;
  #chunk: Buffer = Buffer.alloc(0);
  #chunkStart = 0;

  constructor(source: ByteSource) {
    this.source = source;
  }

  /** Refuses the file, naming the place. */
  fail(message: string, offset = this.offset, code: ErrorCode = "model-file-invalid"): never {
    throw refusal(code, `"${this.source.name}" is not a usable GGUF file: ${message} (at byte ${offset})`);
  }

  u8(what: string): number {
    return this.#take(1, what).readUInt8(this.#index(1));
  }

  i8(what: string): number {
    return this.#take(1, what).readInt8(this.#index(1));
  }

  u16(what: string): number {
    return this.#take(2, what).readUInt16LE(this.#index(2));
  }

  i16(what: string): number {
    return this.#take(2, what).readInt16LE(this.#index(2));
  }

  u32(what: string): number {
    return this.#take(4, what).readUInt32LE(this.#index(4));
  }

  i32(what: string): number {
    return this.#take(4, what).readInt32LE(this.#index(4));
  }

  f32(what: string): number {
    return this.#take(4, what).readFloatLE(this.#index(4));
  }

  f64(what: string): number {
    return this.#take(8, what).readDoubleLE(this.#index(8));
  }

  u64(what: string): number | bigint {
    return asNumber(this.#take(8, what).readBigUInt64LE(this.#index(8)));
  }

  i64(what: string): number | bigint {
    return asNumber(this.#take(8, what).readBigInt64LE(this.#index(8)));
  }

  /** A 64-bit count or length, refused above `limit`. */
  count(what: string, limit: number): number {
    const start = this.offset;
    const value = this.u64(what);
    if (typeof value === "bigint" || value > limit) {
      this.fail(`${what} is ${value}, more than the limit of ${limit}`, start);
    }
    return value;
  }

  /** A length-prefixed UTF-8 string of at most `limitBytes`. */
  string(what: string, limitBytes: number): string {
    const start = this.offset;
    const length = this.count(`length of ${what}`, limitBytes);
    if (length > this.source.sizeBytes - this.offset) {
      this.fail(`${what} is said to be ${length} bytes long, and the file ends before that`, start);
    }
    return this.#take(length, what).toString("utf8", this.#index(length), this.offset - this.#chunkStart);
  }

  /** Steps over `length` bytes without reading them. */
  skip(length: number, what: string): void {
    if (length > this.source.sizeBytes - this.offset) {
      this.fail(
        `${what} needs ${length} bytes, and the file has ${this.source.sizeBytes - this.offset} left`,
      );
    }
    this.offset += length;
  }

  /** Steps over `count` strings: only their lengths are looked at, no string is built. */
  skipStrings(count: number, what: string, limitBytes: number): void {
    for (let index = 0; index < count; index++) {
      const at = this.offset - this.#chunkStart;
      const chunk = this.#chunk;
      if (at < 0 || at + 8 > chunk.length) {
        this.string(`${what}[${index}]`, limitBytes);
        continue;
      }
      const length = chunk.readUInt32LE(at);
      if (
        chunk.readUInt32LE(at + 4) !== 0 ||
        length > limitBytes ||
        length > this.source.sizeBytes - this.offset - 8
      ) {
        this.fail(`${what}[${index}] has an impossible length`);
      }
      this.offset += 8 + length;
    }
  }

  #index(length: number): number {
    return this.offset - length - this.#chunkStart;
  }

  /** Makes `length` bytes available, steps over them and returns the window that holds them. */
  #take(length: number, what: string): Buffer {
    const end = this.offset + length;
    if (this.offset < this.#chunkStart || end > this.#chunkStart + this.#chunk.length)
      this.#load(length, what);
    this.offset = end;
    return this.#chunk;
  }

  #load(length: number, what: string): void {
    const { source, offset } = this;
    if (offset + length > source.sizeBytes) {
      this.fail(`the file ends at byte ${source.sizeBytes}, in the middle of ${what}`);
    }
    const chunk = source.read(offset, length, Math.max(length, chunkBytes));
    if (chunk.length < length) this.fail(`the file ends in the middle of ${what}`);
    this.#chunk = chunk;
    this.#chunkStart = offset;
  }
}

function asNumber(value: bigint): number | bigint {
  const number = Number(value);
  return Number.isSafeInteger(number) ? number : value;
}
