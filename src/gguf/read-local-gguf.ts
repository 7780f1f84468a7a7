import { withFileSource } from "./byte-reader.ts";
import type { GgufFileInfo, GgufFileInfoSourceData } from "./gguf-file-info.ts";
import { ggufFileInfoOf, type ParsedPart } from "./gguf-file-info-of.ts";
import { parseHeader } from "./header-parser.ts";
import type { ReadArrays } from "./metadata-parser.ts";
import { allPartPaths, parseSplitName } from "./split-parts.ts";

export interface LocalGgufOptions {
  /** Which arrays of the metadata to read: those of up to 1024 elements ("short"), all, or also the named ones. */
  readArrays?: ReadArrays;
  /** Keys to leave out. */
  ignoreKeys?: readonly string[];
  /** Whether to read and check the tensors' descriptions. Default: true. */
  readTensorInfo?: boolean;
  /** Whether to read all parts of a split model when given the first one. Default: true. */
  spliceSplitFiles?: boolean;
  /** Whether files that belong to a model, such as projectors, are read too. Default: false. */
  companions?: boolean;
}

/**
 * Reads and checks the header of a local GGUF file, and of all its parts when it is split. Synchronous: a header is
 * a few megabytes, read in large pieces, and long arrays are stepped over.
 *
 * @throws ColloquyError `model-not-found`, `model-file-invalid`, `model-file-unsupported`
 */
export function readLocalGguf(path: string, options: LocalGgufOptions = {}): GgufFileInfo {
  const splice = options.spliceSplitFiles !== false && parseSplitName(path)?.part === 1;
  const paths = splice ? allPartPaths(path) : [path];
  const parts = paths.map((partPath, index) => readPart(partPath, index + 1, options));
  const sourceData: GgufFileInfoSourceData[] = parts.map((part, index) => ({
    type: "path",
    path: paths[index]!,
    length: part.header.infoEndOffset ?? part.header.metadataSize,
  }));
  return ggufFileInfoOf(parts, { type: "path", path }, sourceData);
}

function readPart(path: string, filePart: number, options: LocalGgufOptions): ParsedPart {
  return withFileSource(path, (source) => ({
    name: path,
    sizeBytes: source.sizeBytes,
    header: parseHeader(source, {
      readArrays: options.readArrays ?? "short",
      ignoreKeys: options.ignoreKeys ?? [],
      readTensorInfo: options.readTensorInfo ?? true,
      filePart,
      companions: options.companions ?? false,
    }),
  }));
}
