import { ColloquyError } from "../base/errors.ts";
import type { GgufFileInfo, GgufFileInfoSource, GgufFileInfoSourceData } from "./gguf-file-info.ts";
import type { GgufMetadata, GgufMetadataDefaultArchitectureType } from "./gguf-metadata.ts";
import type { ParsedHeader } from "./header-parser.ts";
import { nestMetadata } from "./metadata-parser.ts";

export interface ParsedPart {
  name: string;
  sizeBytes: number;
  header: ParsedHeader;
}

/** Joins the parts' headers into one description. The first part has the metadata. */
export function ggufFileInfoOf(
  parts: readonly ParsedPart[],
  source: GgufFileInfoSource,
  sourceData: readonly GgufFileInfoSourceData[],
): GgufFileInfo {
  const first = parts[0]!.header;
  if (!first.values.has("general.architecture") && first.types.has("split.no")) {
    const hint = "open the first part of the split model";
    throw new ColloquyError("model-file-invalid", `"${parts[0]!.name}" does not name its architecture`, {
      hint,
    });
  }
  if (parts.length > 1) checkParts(parts);
  const metadata = nestMetadata(first.values) as unknown as GgufMetadata;
  const withTensors = first.tensors !== undefined;
  return {
    version: first.version,
    tensorCount: first.tensorCount,
    metadata,
    metadataValues: first.values,
    skippedArrays: first.skippedArrays,
    architectureMetadata: (metadata[metadata.general.architecture] ??
      {}) as GgufMetadataDefaultArchitectureType,
    metadataSize: first.metadataSize,
    infoEndOffset: first.infoEndOffset,
    tensorInfo: first.tensors,
    tensorInfoSize: first.tensorInfoSize,
    splicedParts: parts.length,
    totalTensorCount: sum(parts, (part) => part.header.tensorCount),
    totalMetadataSize: sum(parts, (part) => part.header.metadataSize),
    fullTensorInfo: withTensors ? parts.flatMap((part) => part.header.tensors ?? []) : undefined,
    totalTensorInfoSize: withTensors ? sum(parts, (part) => part.header.tensorInfoSize ?? 0) : undefined,
    totalFileSize: sum(parts, (part) => part.sizeBytes),
    source,
    sourceData,
  };
}

/** Each part must say that it is the one its name claims, and no tensor may stand in two of them. */
function checkParts(parts: readonly ParsedPart[]): void {
  const refuse = (part: ParsedPart, message: string): never => {
    throw new ColloquyError("model-file-invalid", `"${part.name}" does not fit the other parts: ${message}`);
  };
  const owner = new Map<string, string>();
  for (const [index, part] of parts.entries()) {
    const { values, tensors } = part.header;
    if (values.get("split.no") !== index)
      refuse(part, `its "split.no" is ${values.get("split.no")}, not ${index}`);
    const count = values.get("split.count");
    if (count !== parts.length) refuse(part, `its "split.count" is ${count}, not ${parts.length}`);
    for (const { name } of tensors ?? []) {
      if (owner.has(name)) refuse(part, `the tensor "${name}" is also in "${owner.get(name)}"`);
      owner.set(name, part.name);
    }
  }
  const promised = parts[0]!.header.values.get("split.tensors.count");
  const present = sum(parts, (part) => part.header.tensorCount);
  if (promised !== undefined && promised !== present) {
    refuse(parts[0]!, `it promises ${promised} tensors, and the parts have ${present}`);
  }
}

function sum<T>(items: readonly T[], value: (item: T) => number): number {
  return items.reduce((total, item) => total + value(item), 0);
}
