import type { GgmlType } from "./ggml-type.ts";
import type { GgufArchitectureType } from "./gguf-architecture-type.ts";
import type { GgufMetadata, GgufMetadataDefaultArchitectureType } from "./gguf-metadata.ts";

export type MetadataValue = string | number | bigint | boolean | MetadataValue[];
export type MetadataKeyValueRecord = Record<string, MetadataValue>;
export interface MetadataNestedObject {
  [key: string]: MetadataValue | MetadataNestedObject;
}

/** One tensor of a file: where its data lies and how it is packed. */
export interface GgufTensorInfo {
  readonly name: string;
  /** Elements per dimension, the contiguous one first. */
  readonly dimensions: readonly number[];
  readonly ggmlType: GgmlType;
  /** Bytes from the start of the file's tensor data. */
  readonly offset: number;
  /** Bytes from the start of the file. */
  readonly fileOffset: number;
  /** Bytes of the tensor's data. */
  readonly sizeBytes: number;
  /** The split part that holds the tensor, counted from 1. */
  readonly filePart: number;
}

/** An array that was stepped over instead of being read. */
export interface GgufSkippedArray {
  /** Number of elements. */
  readonly length: number;
  /** Name of the element type as in the GGUF specification, such as `string` or `float32`. */
  readonly elementType: string;
}

export type GgufFileInfoSource = { type: "path"; path: string } | { type: "uri"; uri: string };

export type GgufFileInfoSourceData = {
  type: "path";
  path: string;
  /** Bytes of the header: everything before the tensor data. */
  length: number;
};

/** What the header of a GGUF file says, checked. */
export interface GgufFileInfo {
  /** Version of the file format, 2 or 3. */
  readonly version: number;
  /** Tensors in the first file. */
  readonly tensorCount: number;
  /** Keys nested by their dots: `general.architecture` is `metadata.general.architecture`. */
  readonly metadata: GgufMetadata;
  /** The same keys, flat and in the file's order. */
  readonly metadataValues: ReadonlyMap<string, MetadataValue>;
  /** Long arrays that were not read, by key; ask for them with `readArrays`. */
  readonly skippedArrays: ReadonlyMap<string, GgufSkippedArray>;
  /** `metadata[metadata.general.architecture]`, or an empty object when the file has no such keys. */
  readonly architectureMetadata: GgufMetadataDefaultArchitectureType;
  /** Bytes of header and metadata. */
  readonly metadataSize: number;
  /** Bytes before the tensor data, alignment included; absent with `readTensorInfo: false`. */
  readonly infoEndOffset?: number;
  /** Tensors of the first file; absent with `readTensorInfo: false`. */
  readonly tensorInfo?: readonly GgufTensorInfo[];
  /** Bytes of the tensor descriptions; absent with `readTensorInfo: false`. */
  readonly tensorInfoSize?: number;
  /** How many split parts this description covers. */
  readonly splicedParts: number;
  /** Tensors in all parts. */
  readonly totalTensorCount: number;
  /** Bytes of header and metadata in all parts. */
  readonly totalMetadataSize: number;
  /** Tensors of all parts; absent with `readTensorInfo: false`. */
  readonly fullTensorInfo?: readonly GgufTensorInfo[];
  /** Bytes of the tensor descriptions of all parts. */
  readonly totalTensorInfoSize?: number;
  /** Bytes of all files together. */
  readonly totalFileSize: number;
  /** Where the description was read from. */
  readonly source: GgufFileInfoSource;
  /** The local files that were read, one entry a part; empty for a file read over the network. */
  readonly sourceData: readonly GgufFileInfoSourceData[];
}

/** The architecture named by the file, as llama.cpp spells it. */
export function architectureOf(info: Pick<GgufFileInfo, "metadataValues">): GgufArchitectureType {
  return info.metadataValues.get("general.architecture") as GgufArchitectureType;
}
