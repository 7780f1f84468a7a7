import { ColloquyError } from "../base/errors.ts";
import type { GgufFileInfo } from "./gguf-file-info.ts";
import { checkModelShape } from "./model-shape-check.ts";
import { readLocalGguf } from "./read-local-gguf.ts";
import { parseSplitName } from "./split-parts.ts";

export interface CheckGgufOptions {
  /** The file may be a vocabulary without weights. Default `false`. */
  vocabOnly?: boolean;
}

/**
 * Checks a local model file before the native loader sees it: its form, its architecture, its tensors against the
 * file's size, and the numbers that would end the process natively. All parts of a split model are checked.
 * Takes a few milliseconds.
 *
 * @param path Path of the file; of a split model, its first part.
 * @returns What the header says, for estimates of memory and for chat templates.
 * @throws ColloquyError `model-not-found`: no such file or part.
 * @throws ColloquyError `model-file-invalid`: not a GGUF file, truncated or damaged; the message names the byte.
 * @throws ColloquyError `model-file-unsupported`: a version, architecture or tensor type that llama.cpp 0.5.0 lacks.
 *
 * @example
 * const info = checkGgufFile("model.gguf");
 * info.metadata.general.architecture; // "llama"
 */
export function checkGgufFile(path: string, options: CheckGgufOptions = {}): GgufFileInfo {
  const split = parseSplitName(path);
  if (split !== undefined && split.part !== 1) {
    const hint = `load part 1 of ${split.parts}, the others are found beside it`;
    throw new ColloquyError("model-file-invalid", `"${path}" is part ${split.part} of a split model`, {
      hint,
    });
  }
  const info = readLocalGguf(path);
  const kind = info.metadataValues.get("general.type");
  if (kind !== undefined && kind !== "model") {
    const message = `"${path}" is not a model by itself but of the type "${String(kind)}"`;
    throw new ColloquyError("model-file-unsupported", message);
  }
  if (info.totalTensorCount === 0 && !options.vocabOnly) {
    throw new ColloquyError("model-file-invalid", `"${path}" has no tensors`, {
      hint: "it is a vocabulary or a header only: load it with vocabOnly",
    });
  }
  const promised = info.metadataValues.get("split.count");
  if (typeof promised === "number" && promised > 1 && info.splicedParts !== promised) {
    const hint = "keep the names of the parts as they were published: name-00001-of-0000N.gguf";
    const message = `"${path}" is a part of a model split into ${promised} files, and its name does not say so`;
    throw new ColloquyError("model-file-invalid", message, { hint });
  }
  checkModelShape(info, path);
  return info;
}
