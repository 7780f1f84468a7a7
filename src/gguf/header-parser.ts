import { ByteReader, type ByteSource } from "./byte-reader.ts";
import { type GgmlType, ggmlBlock, ggmlTypeName } from "./ggml-type.ts";
import { isKnownArchitecture, isLoadableArchitecture } from "./gguf-architecture-type.ts";
import type { GgufTensorInfo } from "./gguf-file-info.ts";
import { metadataLimits, type ParsedMetadata, parseMetadata, type ReadArrays } from "./metadata-parser.ts";

export interface HeaderOptions {
  readArrays: ReadArrays;
  ignoreKeys: readonly string[];
  readTensorInfo: boolean;
  /** The split part being read, counted from 1. */
  filePart: number;
  /** Whether files that belong to a model, such as projectors, are read too. Default: false. */
  readonly companions?: boolean;
}

/** The header of one file, read and checked. */
export interface ParsedHeader extends ParsedMetadata {
  version: number;
  tensorCount: number;
  metadataSize: number;
  /** Absent when tensors were not read. */
  tensors?: GgufTensorInfo[];
  tensorInfoSize?: number;
  infoEndOffset?: number;
}

const newestVersion = 3;
const defaultAlignment = 32;
const headerLimits = {
  /** llama.cpp compares every tensor name with every other one; real files have a few thousand. */
  tensors: 65_536,
  /** Names are stored in 64 bytes, the closing zero included. */
  tensorNameBytes: 63,
  dimensions: 4,
};

/**
 * Reads the header of a GGUF file: magic, version, metadata and tensor descriptions, each checked as strictly as
 * llama.cpp's own loader does (ggml/src/gguf.cpp), so that a file accepted here is not refused there for its form.
 */
export function parseHeader(source: ByteSource, options: HeaderOptions): ParsedHeader {
  const reader = new ByteReader(source);
  checkMagic(reader);
  const version = readVersion(reader);
  const tensorCount = reader.count("number of tensors", headerLimits.tensors);
  const keyCount = reader.count("number of metadata keys", metadataLimits.keys);
  const metadata = parseMetadata(reader, keyCount, options);
  checkArchitecture(reader, metadata, options.companions ?? false);
  const header: ParsedHeader = { ...metadata, version, tensorCount, metadataSize: reader.offset };
  if (!options.readTensorInfo) return header;

  const alignment = alignmentOf(reader, metadata);
  const raw = readTensors(reader, tensorCount);
  header.tensorInfoSize = reader.offset - header.metadataSize;
  // A file without tensors ends here; with tensors, their data begins at the next multiple of the alignment.
  const dataStart = tensorCount === 0 ? reader.offset : alignUp(reader.offset, alignment);
  header.infoEndOffset = dataStart;
  header.tensors = placeTensors(reader, raw, dataStart, alignment, options.filePart);
  return header;
}

function checkMagic(reader: ByteReader): void {
  if (reader.source.sizeBytes === 0) reader.fail("it is empty", 0);
  if (reader.source.sizeBytes < 4) reader.fail(`it has only ${reader.source.sizeBytes} bytes`, 0);
  const magic = reader.u32("the magic");
  // "GGUF" in little-endian order.
  if (magic === 0x46554747) return;
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(magic);
  const shown = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join(" ");
  const old = ["tjgg", "lmgg", "fmgg", "algg"].includes(bytes.toString("latin1"));
  if (old) reader.fail("it is in the older GGML format, from before GGUF", 0, "model-file-unsupported");
  reader.fail(`it begins with the bytes ${shown}, not with "GGUF"`, 0);
}

function readVersion(reader: ByteReader): number {
  const start = reader.offset;
  const version = reader.u32("the version");
  if (version !== 0 && (version & 0xffff) === 0) {
    reader.fail("it is written for a big-endian machine", start, "model-file-unsupported");
  }
  if (version < 2 || version > newestVersion) {
    const message = `its GGUF version is ${version}, and versions 2 to ${newestVersion} can be read`;
    reader.fail(message, start, version === 0 ? "model-file-invalid" : "model-file-unsupported");
  }
  return version;
}

function checkArchitecture(reader: ByteReader, { values, types }: ParsedMetadata, companions: boolean): void {
  const architecture = values.get("general.architecture");
  // Only the first part of a split file has to name it.
  if (architecture === undefined && types.has("split.no")) return;
  if (typeof architecture !== "string") reader.fail(`it has no text under the key "general.architecture"`);
  if (isLoadableArchitecture(architecture) || (companions && isKnownArchitecture(architecture))) return;
  const reason = isKnownArchitecture(architecture)
    ? `it is a companion file ("${architecture}") of a model, not a language model itself`
    : `its architecture "${architecture}" is not one that llama.cpp 0.5.0 knows`;
  reader.fail(reason, undefined, "model-file-unsupported");
}

function alignmentOf(reader: ByteReader, { values, types }: ParsedMetadata): number {
  const alignment = values.get("general.alignment");
  if (alignment === undefined) return defaultAlignment;
  if (types.get("general.alignment") !== "uint32" || typeof alignment !== "number") {
    reader.fail(`"general.alignment" must be a uint32, and is ${types.get("general.alignment")}`);
  }
  if (alignment === 0 || (alignment & (alignment - 1)) !== 0) {
    reader.fail(`"general.alignment" must be a power of two, and is ${alignment}`);
  }
  return alignment >>> 0;
}

interface RawTensor {
  name: string;
  dimensions: number[];
  type: GgmlType;
  offset: number;
  sizeBytes: number;
  /** Where the description stands, for messages. */
  at: number;
}

function readTensors(reader: ByteReader, count: number): RawTensor[] {
  const tensors: RawTensor[] = [];
  const names = new Set<string>();
  for (let index = 0; index < count; index++) {
    const at = reader.offset;
    const name = reader.string(`the name of tensor ${index} of ${count}`, headerLimits.tensorNameBytes);
    if (names.has(name)) reader.fail(`the tensor "${name}" occurs twice`, at);
    names.add(name);
    const dimensions = readDimensions(reader, name);
    const typeAt = reader.offset;
    const type = reader.u32(`the type of tensor "${name}"`);
    const sizeBytes = tensorBytes(reader, name, dimensions, type, typeAt);
    const offset = reader.count(`offset of tensor "${name}"`, Number.MAX_SAFE_INTEGER);
    tensors.push({ name, dimensions, type: type as GgmlType, offset, sizeBytes, at });
  }
  return tensors;
}

function readDimensions(reader: ByteReader, name: string): number[] {
  const start = reader.offset;
  const count = reader.u32(`the number of dimensions of tensor "${name}"`);
  if (count > headerLimits.dimensions)
    reader.fail(`the tensor "${name}" has ${count} dimensions, more than 4`, start);
  const dimensions: number[] = [];
  for (let index = 0; index < count; index++) {
    dimensions.push(reader.count(`dimension ${index} of tensor "${name}"`, Number.MAX_SAFE_INTEGER));
  }
  return dimensions;
}

function tensorBytes(
  reader: ByteReader,
  name: string,
  dimensions: number[],
  type: number,
  at: number,
): number {
  const block = ggmlBlock(type);
  if (block === undefined) {
    const shown = ggmlTypeName(type);
    const message = `the tensor "${name}" has the ${shown === undefined ? "unknown" : "withdrawn"} type ${shown ?? type}`;
    reader.fail(message, at, "model-file-unsupported");
  }
  const rowElements = dimensions[0] ?? 1;
  if (rowElements % block.elements !== 0) {
    const message = `the tensor "${name}" has rows of ${rowElements} elements, and ${ggmlTypeName(type)}`;
    reader.fail(`${message} needs a multiple of ${block.elements}`, at);
  }
  const elements = dimensions.reduce((product, dimension) => product * dimension, 1);
  const bytes = (elements / block.elements) * block.bytes;
  if (!Number.isSafeInteger(elements) || !Number.isSafeInteger(bytes)) {
    reader.fail(`the tensor "${name}" is said to have ${dimensions.join(" × ")} elements`, at);
  }
  return bytes;
}

/** Checks that the tensors' data follow each other without gaps and end inside the file. */
function placeTensors(
  reader: ByteReader,
  raw: RawTensor[],
  dataStart: number,
  alignment: number,
  filePart: number,
): GgufTensorInfo[] {
  const fileBytes = reader.source.sizeBytes;
  let expected = 0;
  return raw.map((tensor) => {
    const { name, dimensions, type, offset, sizeBytes, at } = tensor;
    if (offset !== expected) {
      reader.fail(`the tensor "${name}" lies at offset ${offset}, and its place is ${expected}`, at);
    }
    const fileOffset = dataStart + offset;
    if (fileOffset + sizeBytes > fileBytes) {
      const end = fileOffset + sizeBytes;
      reader.fail(
        `the tensor "${name}" ends at byte ${end}, and the file is truncated to ${fileBytes} bytes`,
        at,
      );
    }
    expected = alignUp(offset + sizeBytes, alignment);
    return { name, dimensions, ggmlType: type, offset, fileOffset, sizeBytes, filePart };
  });
}

/** The next multiple of a power of two. Not by bit masks: sizes exceed 32 bits. */
function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}
