import type { ByteReader } from "./byte-reader.ts";
import type { GgufSkippedArray, MetadataNestedObject, MetadataValue } from "./gguf-file-info.ts";

/** Element types by the number that the file writes; bytes is 0 where the length varies. */
const valueTypes = [
  { name: "uint8", bytes: 1 },
  { name: "int8", bytes: 1 },
  { name: "uint16", bytes: 2 },
  { name: "int16", bytes: 2 },
  { name: "uint32", bytes: 4 },
  { name: "int32", bytes: 4 },
  { name: "float32", bytes: 4 },
  { name: "bool", bytes: 1 },
  { name: "string", bytes: 0 },
  { name: "array", bytes: 0 },
  { name: "uint64", bytes: 8 },
  { name: "int64", bytes: 8 },
  { name: "float64", bytes: 8 },
] as const;
const arrayType = 9;
const stringType = 8;

/** Limits of what is accepted. Real files stay far below; llama.cpp compares every key with every other one. */
export const metadataLimits = {
  keys: 16_384,
  keyBytes: 65_535,
  stringBytes: 1 << 26,
  /** Longest array that is read without being asked for. */
  shortArrayLength: 1024,
};

/** Which arrays to read: the short ones, every one, or the short ones and those named. */
export type ReadArrays = "short" | "all" | readonly string[];

export interface ParsedMetadata {
  values: Map<string, MetadataValue>;
  /** Type name of each key's value (`array<…>` for arrays), skipped and ignored ones included. */
  types: Map<string, string>;
  skippedArrays: Map<string, GgufSkippedArray>;
}

interface MetadataOptions {
  readArrays: ReadArrays;
  ignoreKeys: readonly string[];
}

/** Reads `keyCount` keys and values. The format: docs/gguf.md of the ggml project. */
export function parseMetadata(
  reader: ByteReader,
  keyCount: number,
  options: MetadataOptions,
): ParsedMetadata {
  const parsed: ParsedMetadata = { values: new Map(), types: new Map(), skippedArrays: new Map() };
  const ignored = new Set(options.ignoreKeys);
  for (let index = 0; index < keyCount; index++) {
    const start = reader.offset;
    const key = reader.string(`key ${index} of ${keyCount}`, metadataLimits.keyBytes);
    if (key === "") reader.fail(`key ${index} is empty`, start);
    if (parsed.types.has(key)) reader.fail(`the key "${key}" occurs twice`, start);
    parseEntry(reader, key, parsed, options.readArrays, ignored.has(key));
  }
  return parsed;
}

function parseEntry(
  reader: ByteReader,
  key: string,
  parsed: ParsedMetadata,
  readArrays: ReadArrays,
  ignored: boolean,
): void {
  const type = readType(reader, key);
  if (type !== arrayType) {
    parsed.types.set(key, valueTypes[type]!.name);
    const value = readScalar(reader, type, `the value of "${key}"`);
    if (!ignored) parsed.values.set(key, value);
    return;
  }
  const typeAt = reader.offset;
  const elementType = readType(reader, key);
  const element = valueTypes[elementType]!;
  if (elementType === arrayType) {
    reader.fail(
      `"${key}" is an array of arrays, which llama.cpp cannot read`,
      typeAt,
      "model-file-unsupported",
    );
  }
  parsed.types.set(key, `array<${element.name}>`);
  const countAt = reader.offset;
  const length = reader.count(`length of the array "${key}"`, Number.MAX_SAFE_INTEGER);
  // Each string takes at least its 8-byte length, so no count can promise more than the file holds.
  const least = length * (element.bytes === 0 ? 8 : element.bytes);
  const left = reader.source.sizeBytes - reader.offset;
  if (least > left) {
    reader.fail(
      `the array "${key}" of ${length} × ${element.name} does not fit into the ${left} bytes left`,
      countAt,
    );
  }
  if (ignored || !isWanted(key, length, readArrays)) {
    parsed.skippedArrays.set(key, { length, elementType: element.name });
    if (elementType === stringType) reader.skipStrings(length, `"${key}"`, metadataLimits.stringBytes);
    else reader.skip(least, `the array "${key}"`);
    return;
  }
  const values: MetadataValue[] = [];
  for (let index = 0; index < length; index++)
    values.push(readScalar(reader, elementType, `"${key}"[${index}]`));
  parsed.values.set(key, values);
}

function isWanted(key: string, length: number, readArrays: ReadArrays): boolean {
  if (readArrays === "all" || length <= metadataLimits.shortArrayLength) return true;
  return readArrays !== "short" && readArrays.includes(key);
}

function readType(reader: ByteReader, key: string): number {
  const start = reader.offset;
  const type = reader.u32(`the type of "${key}"`);
  if (type >= valueTypes.length) reader.fail(`"${key}" has the unknown value type ${type}`, start);
  return type;
}

function readScalar(reader: ByteReader, type: number, what: string): MetadataValue {
  switch (type) {
    case 0:
      return reader.u8(what);
    case 1:
      return reader.i8(what);
    case 2:
      return reader.u16(what);
    case 3:
      return reader.i16(what);
    case 4:
      return reader.u32(what);
    case 5:
      return reader.i32(what);
    case 6:
      return reader.f32(what);
    case 7:
      return reader.u8(what) !== 0;
    case stringType:
      return reader.string(what, metadataLimits.stringBytes);
    case 10:
      return reader.u64(what);
    case 11:
      return reader.i64(what);
    default:
      return reader.f64(what);
  }
}

/**
 * Nests flat keys by their dots. Where one key is the beginning of another (`general.license`, `general.license.name`),
 * the shorter keeps its value and the rest of the longer stays dotted beside it (`general["license.name"]`).
 */
export function nestMetadata(values: ReadonlyMap<string, MetadataValue>): MetadataNestedObject {
  // No prototype: a key named "__proto__" is then a key like any other.
  const root: MetadataNestedObject = Object.create(null);
  const paths = [...values].map(([key, value]) => ({ path: key.split("."), value }));
  paths.sort((a, b) => a.path.length - b.path.length);
  for (const { path, value } of paths) {
    let node = root;
    let depth = 0;
    for (; depth < path.length - 1; depth++) {
      const name = path[depth]!;
      const next = node[name] ?? (node[name] = Object.create(null));
      if (typeof next !== "object" || Array.isArray(next)) break;
      node = next as MetadataNestedObject;
    }
    node[path.slice(depth).join(".")] = value;
  }
  return root;
}
