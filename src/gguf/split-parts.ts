import { basename, dirname, join } from "node:path";

const splitPattern = /-(\d{5})-of-(\d{5})\.gguf$/i;
/** As many parts as the five digits allow would be a hostile name; the largest published models have under 200. */
const partsMax = 1024;

export interface SplitName {
  /** Everything before `-00001-of-0000N.gguf`. */
  prefix: string;
  /** Counted from 1. */
  part: number;
  parts: number;
}

/** Takes a name like `model-00002-of-00005.gguf` apart; `undefined` for a name of another form. */
export function parseSplitName(name: string): SplitName | undefined {
  const match = splitPattern.exec(name);
  if (match === null) return undefined;
  const part = Number(match[1]);
  const parts = Number(match[2]);
  if (part < 1 || part > parts || parts > partsMax) return undefined;
  return { prefix: name.slice(0, match.index), part, parts };
}

/** The name of one part. The inverse of `parseSplitName`. */
export function splitPartName(prefix: string, part: number, parts: number): string {
  return `${prefix}-${String(part).padStart(5, "0")}-of-${String(parts).padStart(5, "0")}.gguf`;
}

/** Names of all parts of the file, in order; the name alone when the file is not split. */
export function allPartNames(name: string): string[] {
  const split = parseSplitName(name);
  if (split === undefined) return [name];
  return Array.from({ length: split.parts }, (_, index) =>
    splitPartName(split.prefix, index + 1, split.parts),
  );
}

/** Paths of all parts of a local file, in order. */
export function allPartPaths(path: string): string[] {
  return allPartNames(basename(path)).map((name) => join(dirname(path), name));
}
