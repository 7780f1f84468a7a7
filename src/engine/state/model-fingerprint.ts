import { createHash } from "node:crypto";
import { closeSync, fstatSync, openSync, readSync } from "node:fs";

/** Bytes read from each end of the file. */
const sampleBytes = 1 << 20;

/**
 * Identifies a model file without reading all of it: its size and its first and last mebibyte, that is the header and
 * weights of both ends. Two quantisations or fine-tunings of a model differ in all of them.
 */
export function modelFingerprint(path: string): string {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const hash = createHash("sha256").update(`${size}:`);
    const sample = Buffer.alloc(Math.min(sampleBytes, size));
    for (const position of [0, Math.max(0, size - sample.length)]) {
      const count = readSync(file, sample, 0, sample.length, position);
      hash.update(sample.subarray(0, count));
    }
    return hash.digest("hex");
  } finally {
    closeSync(file);
  }
}
