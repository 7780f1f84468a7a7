import { describe, expect, test } from "vitest";
import { seededRandom } from "../../test/gguf/seeded-random.ts";
import { tinyModel } from "../../test/gguf/tiny-model.ts";
import { ggufBytes } from "../../test/gguf/write-gguf.ts";
import { ColloquyError } from "../base/errors.ts";
import type { ByteSource } from "./byte-reader.ts";
import { ggufFileInfoOf } from "./gguf-file-info-of.ts";
import { parseHeader } from "./header-parser.ts";
import { checkModelShape } from "./model-shape-check.ts";

function source(bytes: Buffer): ByteSource {
  return {
    name: "fuzzed",
    sizeBytes: bytes.length,
    read: (offset, _least, most) => bytes.subarray(offset, offset + most),
  };
}

/** "accepted" or the code of the refusal; anything else thrown is a failure of the reader. */
function verdict(bytes: Buffer): string {
  try {
    const options = { readArrays: "all", ignoreKeys: [], readTensorInfo: true, filePart: 1 } as const;
    const header = parseHeader(source(bytes), options);
    const info = ggufFileInfoOf(
      [{ name: "fuzzed", sizeBytes: bytes.length, header }],
      { type: "path", path: "" },
      [],
    );
    checkModelShape(info, "fuzzed");
    return "accepted";
  } catch (error) {
    if (error instanceof ColloquyError) return error.code;
    throw error;
  }
}

const whole = ggufBytes(tinyModel());
const headerBytes = parseHeader(source(whole), {
  readArrays: "short",
  ignoreKeys: [],
  readTensorInfo: true,
  filePart: 1,
}).infoEndOffset!;
const verdicts = new Set(["accepted", "model-file-invalid", "model-file-unsupported"]);

describe("seeded damage", () => {
  test("every truncation is refused", () => {
    const random = seededRandom(11);
    for (let round = 0; round < 400; round++) {
      const length = Math.floor(random() * (round % 2 === 0 ? headerBytes : whole.length - 32));
      expect(verdict(whole.subarray(0, length)), `cut to ${length}`).toBe("model-file-invalid");
    }
  });

  test("flipped bytes are accepted or refused with a code", () => {
    const random = seededRandom(12);
    const seen = new Map<string, number>();
    for (let round = 0; round < 3000; round++) {
      const bytes = Buffer.from(whole);
      for (let flips = 1 + Math.floor(random() * 3); flips > 0; flips--) {
        // Most flips into the structure, which is dense at the beginning and the end of the header.
        const at = Math.floor(random() < 0.5 ? random() * 700 : random() * headerBytes);
        bytes[at] =
          random() < 0.5
            ? Math.floor(random() * 256)
            : random() < 0.5
              ? 0xff
              : bytes[at]! ^ (1 << (round % 8));
      }
      const result = verdict(bytes);
      expect(verdicts).toContain(result);
      seen.set(result, (seen.get(result) ?? 0) + 1);
    }
    // The run would be worthless if it met only one of the outcomes.
    expect([...seen.keys()].sort()).toEqual([...verdicts].sort());
  });
});
