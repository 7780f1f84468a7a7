import { writeFileSync } from "node:fs";
import { GgmlType, ggmlBlock } from "../../src/gguf/ggml-type.ts";

const typeNumbers = {
  uint8: 0,
  int8: 1,
  uint16: 2,
  int16: 3,
  uint32: 4,
  int32: 5,
  float32: 6,
  bool: 7,
  string: 8,
  array: 9,
  uint64: 10,
  int64: 11,
  float64: 12,
} as const;
export type GgufTypeName = keyof typeof typeNumbers;

/** A value whose type is not the one that would be chosen for it: `{type: "float32", value: 1}`. */
export interface TypedValue {
  type: GgufTypeName;
  value: unknown;
  /** Type of the elements of an array. */
  elementType?: GgufTypeName;
}
export type WritableValue =
  | string
  | number
  | boolean
  | bigint
  | readonly (string | number | boolean)[]
  | TypedValue;

export interface WritableTensor {
  name: string;
  /** Elements per dimension, the contiguous one first. */
  dimensions: readonly number[];
  /** Storage type. Default: F32. */
  type?: number;
  /** The packed data; zeros when absent. */
  data?: Float32Array | Uint8Array;
  /** A false offset, for files that must be refused. */
  offset?: number;
}

export interface WritableGguf {
  metadata: Readonly<Record<string, WritableValue>> | readonly (readonly [string, WritableValue])[];
  tensors?: readonly WritableTensor[];
  /** Default: 3. */
  version?: number;
  /** Default: "GGUF". */
  magic?: string;
  /** False counts, for files that must be refused. */
  tensorCount?: number | bigint;
  keyCount?: number | bigint;
}

/** Writes a GGUF file. Whole numbers become uint32 (int32 when negative), others float32; type them for anything else. */
export function writeGguf(path: string, gguf: WritableGguf): void {
  writeFileSync(path, ggufBytes(gguf));
}

/** The bytes of a GGUF file. */
export function ggufBytes(gguf: WritableGguf): Buffer {
  const pairs = isPairs(gguf.metadata) ? gguf.metadata : Object.entries(gguf.metadata);
  const tensors = gguf.tensors ?? [];
  const alignment = Number(plain(pairs.find(([key]) => key === "general.alignment")?.[1]) || 32);
  const parts: Buffer[] = [
    Buffer.from(gguf.magic ?? "GGUF", "latin1"),
    scalar("uint32", gguf.version ?? 3),
    scalar("uint64", gguf.tensorCount ?? tensors.length),
    scalar("uint64", gguf.keyCount ?? pairs.length),
  ];
  for (const [key, value] of pairs) parts.push(scalar("string", key), typed(value));
  let offset = 0;
  for (const tensor of tensors) {
    const { name, dimensions, type = GgmlType.F32 } = tensor;
    parts.push(scalar("string", name), scalar("uint32", dimensions.length));
    for (const dimension of dimensions) parts.push(scalar("uint64", dimension));
    parts.push(scalar("uint32", type), scalar("uint64", tensor.offset ?? offset));
    offset += alignUp(tensorBytes(tensor), alignment);
  }
  if (tensors.length > 0) parts.push(padding(Buffer.concat(parts).length, alignment));
  for (const tensor of tensors) {
    const bytes = tensorBytes(tensor);
    const { data = new Uint8Array(bytes) } = tensor;
    parts.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength), padding(bytes, alignment));
  }
  return Buffer.concat(parts);
}

function isPairs(
  metadata: WritableGguf["metadata"],
): metadata is readonly (readonly [string, WritableValue])[] {
  return Array.isArray(metadata);
}

function plain(value: WritableValue | undefined): unknown {
  return typeof value === "object" && "value" in value ? value.value : value;
}

function alignUp(value: number, alignment: number): number {
  return Math.ceil(value / alignment) * alignment;
}

function padding(length: number, alignment: number): Buffer {
  return Buffer.alloc(alignUp(length, alignment) - length);
}

function tensorBytes({ dimensions, type = GgmlType.F32 }: WritableTensor): number {
  const block = ggmlBlock(type) ?? { elements: 1, bytes: 1 };
  return (dimensions.reduce((product, dimension) => product * dimension, 1) / block.elements) * block.bytes;
}

/** The type of a value, and the value. */
function typed(value: WritableValue): Buffer {
  const { type, value: content, elementType } = asTyped(value);
  if (type !== "array") return Buffer.concat([scalar("uint32", typeNumbers[type]), scalar(type, content)]);
  const elements = content as readonly unknown[];
  const element = elementType ?? arrayElementType(elements);
  return Buffer.concat([
    scalar("uint32", typeNumbers.array),
    scalar("uint32", typeNumbers[element]),
    scalar("uint64", elements.length),
    ...elements.map((item) => scalar(element, item)),
  ]);
}

function asTyped(value: WritableValue): TypedValue {
  if (Array.isArray(value)) return { type: "array", value };
  if (typeof value === "object") return value as TypedValue;
  return { type: typeOf(value), value };
}

function typeOf(value: unknown): GgufTypeName {
  if (typeof value === "string") return "string";
  if (typeof value === "boolean") return "bool";
  if (typeof value === "bigint") return "uint64";
  if (!Number.isInteger(value)) return "float32";
  return (value as number) < 0 ? "int32" : "uint32";
}

function arrayElementType(elements: readonly unknown[]): GgufTypeName {
  const types = new Set(elements.map(typeOf));
  if (types.has("float32")) return "float32";
  if (types.has("int32")) return "int32";
  return [...types][0] ?? "uint32";
}

function scalar(type: GgufTypeName, value: unknown): Buffer {
  if (type === "string") {
    const text = Buffer.from(String(value), "utf8");
    return Buffer.concat([scalar("uint64", text.length), text]);
  }
  const buffer = Buffer.alloc(8);
  switch (type) {
    case "uint8":
    case "bool":
      return buffer.subarray(0, buffer.writeUInt8(Number(value)));
    case "int8":
      return buffer.subarray(0, buffer.writeInt8(Number(value)));
    case "uint16":
      return buffer.subarray(0, buffer.writeUInt16LE(Number(value)));
    case "int16":
      return buffer.subarray(0, buffer.writeInt16LE(Number(value)));
    case "uint32":
      return buffer.subarray(0, buffer.writeUInt32LE(Number(value)));
    case "int32":
      return buffer.subarray(0, buffer.writeInt32LE(Number(value)));
    case "float32":
      return buffer.subarray(0, buffer.writeFloatLE(Number(value)));
    case "float64":
      return buffer.subarray(0, buffer.writeDoubleLE(Number(value)));
    case "int64":
      return buffer.subarray(0, buffer.writeBigInt64LE(BigInt(value as number)));
    default:
      return buffer.subarray(0, buffer.writeBigUInt64LE(BigInt(value as number)));
  }
}
