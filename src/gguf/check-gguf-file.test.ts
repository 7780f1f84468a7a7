import { mkdtempSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { tinyModel } from "../../test/gguf/tiny-model.ts";
import { ggufBytes, type WritableGguf, type WritableValue, writeGguf } from "../../test/gguf/write-gguf.ts";
import { ColloquyError } from "../base/errors.ts";
import { checkGgufFile } from "./check-gguf-file.ts";
import { GgmlType } from "./ggml-type.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "gguf-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

const model = tinyModel();
const metadata = model.metadata as Record<string, WritableValue>;

function refusal(bytes: Buffer): ColloquyError {
  const path = join(folder, "refused.gguf");
  writeFileSync(path, bytes);
  return refusalOf(path);
}

function refusalOf(path: string): ColloquyError {
  try {
    checkGgufFile(path);
  } catch (error) {
    if (error instanceof ColloquyError) return error;
    throw error;
  }
  throw new Error("the file was accepted");
}

/** The tiny model with some metadata changed; `undefined` removes a key. */
function changed(changes: Record<string, WritableValue | undefined>): Buffer {
  const entries = Object.entries({ ...metadata, ...changes }).filter(([, value]) => value !== undefined);
  return ggufBytes({ ...model, metadata: entries as [string, WritableValue][] });
}

function withTensors(tensors: WritableGguf["tensors"]): Buffer {
  return ggufBytes({ metadata, tensors });
}

describe("accepted files", () => {
  test.each(["llama", "gemma3", "mamba"] as const)("a whole %s model", (architecture) => {
    const path = join(folder, `${architecture}.gguf`);
    const written = tinyModel({ architecture });
    writeGguf(path, written);
    const info = checkGgufFile(path);
    expect(info.metadata.general.architecture).toBe(architecture);
    expect(info.totalTensorCount).toBe(written.tensors!.length);
    expect(info.architectureMetadata.embedding_length).toBe(64);
    expect(info.fullTensorInfo!.map(({ name }) => name)).toEqual(written.tensors!.map(({ name }) => name));
    const last = info.fullTensorInfo!.at(-1)!;
    expect(last.fileOffset + last.sizeBytes).toBeLessThanOrEqual(info.totalFileSize);
  });

  test("version 2", () => {
    writeGguf(join(folder, "v2.gguf"), { ...model, version: 2 });
    expect(checkGgufFile(join(folder, "v2.gguf")).version).toBe(2);
  });

  test("another alignment moves the data", () => {
    const path = join(folder, "aligned.gguf");
    writeFileSync(path, changed({ "general.alignment": 64 }));
    for (const { fileOffset } of checkGgufFile(path).tensorInfo!) expect(fileOffset % 64).toBe(0);
  });
});

describe("files that are no GGUF files", () => {
  test("missing, empty, short, text, directory", () => {
    expect(refusalOf(join(folder, "nowhere.gguf"))).toMatchObject({ code: "model-not-found" });
    expect(refusal(Buffer.alloc(0))).toMatchObject({ code: "model-file-invalid" });
    expect(refusal(Buffer.alloc(0)).message).toContain("it is empty");
    expect(refusal(Buffer.from("GG")).message).toContain("only 2 bytes");
    expect(refusal(Buffer.from("<!doctype html>")).message).toContain(
      '3c 21 64 6f, not with "GGUF" (at byte 0)',
    );
    expect(refusalOf(folder).message).toContain("is a directory");
  });

  test("older formats, versions and byte orders are named", () => {
    expect(refusal(ggufBytes({ ...model, magic: "tjgg" }))).toMatchObject({ code: "model-file-unsupported" });
    expect(refusal(ggufBytes({ ...model, version: 1 }))).toMatchObject({ code: "model-file-unsupported" });
    expect(refusal(ggufBytes({ ...model, version: 4 })).message).toContain("GGUF version is 4");
    expect(refusal(ggufBytes({ ...model, version: 0 }))).toMatchObject({ code: "model-file-invalid" });
    expect(refusal(ggufBytes({ ...model, version: 0x03000000 })).message).toContain("big-endian");
  });
});

describe("hostile or damaged headers", () => {
  const huge = 2n ** 63n;

  test.each([
    ["tensor count", { ...model, tensorCount: huge }, "number of tensors"],
    ["tensor count below 2^53", { ...model, tensorCount: 70_000 }, "number of tensors"],
    ["key count", { ...model, keyCount: huge }, "number of metadata keys"],
    [
      "key count past the end",
      { metadata: { "general.architecture": "llama" }, keyCount: 2 },
      "the file ends",
    ],
  ] as [string, WritableGguf, string][])("%s", (_, gguf, words) => {
    expect(refusal(ggufBytes(gguf)).message).toContain(words);
  });

  test("a string longer than the file costs no memory", () => {
    const bytes = Buffer.alloc(64);
    bytes.write("GGUF");
    bytes.writeUInt32LE(3, 4);
    bytes.writeBigUInt64LE(1n, 16);
    bytes.writeBigUInt64LE(60_000n, 24);
    expect(refusal(bytes).message).toMatch(/said to be 60000 bytes long.*\(at byte 24\)/);
    bytes.writeBigUInt64LE(2n ** 60n, 24);
    expect(refusal(bytes).message).toContain("more than the limit");
  });

  test("an array longer than the file costs no time", () => {
    for (const elementType of ["string", "uint8", "float64"] as const) {
      const bytes = ggufBytes({ metadata: { list: { type: "array", elementType, value: [] } } });
      bytes.writeBigUInt64LE(2n ** 40n, bytes.length - 8);
      expect(refusal(bytes).message).toContain("does not fit into the 0 bytes left");
    }
  });

  test("arrays of arrays and unknown value types", () => {
    const nested = ggufBytes({ metadata: { list: { type: "array", elementType: "uint32", value: [] } } });
    nested.writeUInt32LE(9, nested.length - 12);
    expect(refusal(nested)).toMatchObject({ code: "model-file-unsupported" });
    nested.writeUInt32LE(13, nested.length - 12);
    expect(refusal(nested).message).toContain("unknown value type 13");
  });

  test("keys and tensors that occur twice, empty keys", () => {
    const pairs = Object.entries(metadata);
    expect(refusal(ggufBytes({ metadata: [...pairs, pairs[0]!] })).message).toContain("occurs twice");
    expect(refusal(ggufBytes({ metadata: [["", 1]] })).message).toContain("key 0 is empty");
    const tensor = { name: "a", dimensions: [4] };
    expect(refusal(withTensors([tensor, tensor])).message).toContain('the tensor "a" occurs twice');
  });

  test("alignment", () => {
    expect(refusal(changed({ "general.alignment": 48 })).message).toContain("power of two");
    expect(refusal(changed({ "general.alignment": { type: "uint32", value: 0 } })).message).toContain(
      "power of two",
    );
    expect(refusal(changed({ "general.alignment": { type: "uint64", value: 32 } })).message).toContain(
      "uint32",
    );
  });
});

describe("tensors", () => {
  test("unknown and withdrawn types are named", () => {
    expect(refusal(withTensors([{ name: "a", dimensions: [32], type: 99 }])).message).toContain(
      "unknown type 99",
    );
    const old = refusal(withTensors([{ name: "a", dimensions: [32], type: GgmlType.Q4_0_4_4 }]));
    expect(old).toMatchObject({ code: "model-file-unsupported" });
    expect(old.message).toContain("withdrawn type Q4_0_4_4");
  });

  test("rows must fill blocks", () => {
    const bytes = withTensors([
      { name: "a", dimensions: [40], type: GgmlType.Q8_0, data: new Uint8Array(64) },
    ]);
    expect(refusal(bytes).message).toContain("multiple of 32");
  });

  test("dimensions, names and sizes", () => {
    const five = [1, 1, 1, 1, 1];
    expect(refusal(withTensors([{ name: "a", dimensions: five }])).message).toContain("5 dimensions");
    expect(refusal(withTensors([{ name: "n".repeat(64), dimensions: [1] }])).message).toContain(
      "limit of 63",
    );
    const vast = { name: "a", dimensions: [2 ** 40, 2 ** 40], data: new Uint8Array(0) };
    expect(refusal(withTensors([{ ...vast }, { name: "b", dimensions: [1], offset: 0 }])).message).toContain(
      "elements",
    );
  });

  test("gaps and overlaps", () => {
    const second = { name: "b", dimensions: [8], offset: 0 };
    expect(refusal(withTensors([{ name: "a", dimensions: [8] }, second])).message).toContain(
      "its place is 32",
    );
  });

  test("a truncated file names the first tensor that is not whole", () => {
    const path = join(folder, "truncated.gguf");
    writeGguf(path, model);
    const whole = checkGgufFile(path);
    const victim = whole.tensorInfo![5]!;
    truncateSync(path, victim.fileOffset + victim.sizeBytes - 1);
    const error = refusalOf(path);
    expect(error.code).toBe("model-file-invalid");
    expect(error.message).toContain(`"${victim.name}" ends at byte ${victim.fileOffset + victim.sizeBytes}`);
    expect(error.message).toContain("truncated");
  });
});

describe("models that llama.cpp would refuse or die of", () => {
  test.each([
    ["no architecture", { "general.architecture": undefined }, "general.architecture", "model-file-invalid"],
    ["unknown architecture", { "general.architecture": "blimp" }, '"blimp"', "model-file-unsupported"],
    ["image projector", { "general.architecture": "clip" }, "companion file", "model-file-unsupported"],
    ["adapter", { "general.type": "adapter" }, '"adapter"', "model-file-unsupported"],
    ["no layers", { "llama.block_count": 0 }, "llama.block_count", "model-file-invalid"],
    ["too many layers", { "llama.block_count": 513 }, "llama.block_count", "model-file-invalid"],
    ["missing layers", { "llama.block_count": undefined }, "is missing", "model-file-invalid"],
    ["layers as text", { "llama.block_count": "2" }, "whole number", "model-file-invalid"],
    ["missing context", { "llama.context_length": undefined }, "is missing", "model-file-invalid"],
    ["more experts used than there are", { "llama.expert_used_count": 2 }, "0 experts", "model-file-invalid"],
    ["too many experts", { "llama.expert_count": 2000 }, "expert_count", "model-file-invalid"],
    ["rope scaling", { "llama.rope.scaling.type": "odd" }, '"odd"', "model-file-invalid"],
    [
      "heads for too few layers",
      { "llama.attention.head_count": [4] },
      "1 entries for 2",
      "model-file-invalid",
    ],
    ["no vocabulary", { "tokenizer.ggml.tokens": undefined }, "no vocabulary", "model-file-invalid"],
    ["types of too few tokens", { "tokenizer.ggml.token_type": [1] }, "1 entries for", "model-file-invalid"],
  ] as [string, Record<string, WritableValue | undefined>, string, string][])(
    "%s",
    (_, changes, words, code) => {
      const error = refusal(changed(changes));
      expect(error.message).toContain(words);
      expect(error.code).toBe(code);
    },
  );

  test("a header without tensors", () => {
    expect(refusal(ggufBytes({ metadata })).message).toContain("has no tensors");
    const file = join(folder, "vocabulary.gguf");
    writeFileSync(file, ggufBytes({ metadata }));
    expect(checkGgufFile(file, { vocabOnly: true }).totalTensorCount).toBe(0);
  });
});

describe("split models", () => {
  /** Writes the tiny model in parts and returns the first one's path. */
  function writeParts(
    name: string,
    parts: number,
    change: (part: number, own: Record<string, WritableValue>) => void,
  ) {
    const tensors = model.tensors!;
    const size = Math.ceil(tensors.length / parts);
    const paths = Array.from({ length: parts }, (_, part) => {
      const own: Record<string, WritableValue> = {
        ...(part === 0 ? metadata : {}),
        "split.no": { type: "uint16", value: part },
        "split.count": { type: "uint16", value: parts },
        "split.tensors.count": { type: "int32", value: tensors.length },
      };
      change(part, own);
      const number = (value: number) => String(value).padStart(5, "0");
      const path = join(folder, `${name}-${number(part + 1)}-of-${number(parts)}.gguf`);
      writeGguf(path, { metadata: own, tensors: tensors.slice(part * size, (part + 1) * size) });
      return path;
    });
    return paths;
  }

  test("all parts are read and joined", () => {
    const paths = writeParts("split", 3, () => {});
    const info = checkGgufFile(paths[0]!);
    expect(info.splicedParts).toBe(3);
    expect(info.totalTensorCount).toBe(model.tensors!.length);
    expect(new Set(info.fullTensorInfo!.map(({ filePart }) => filePart))).toEqual(new Set([1, 2, 3]));
    expect(refusalOf(paths[1]!).message).toContain("load part 1 of 3");
  });

  test("a missing, damaged or foreign part is named", () => {
    const missing = writeParts("missing", 3, () => {});
    rmSync(missing[1]!);
    expect(refusalOf(missing[0]!)).toMatchObject({ code: "model-not-found" });
    expect(refusalOf(missing[0]!).message).toContain("00002-of-00003");
    const damaged = writeParts("damaged", 2, () => {});
    truncateSync(damaged[1]!, 2000);
    expect(refusalOf(damaged[0]!).message).toContain("00002-of-00002");
    const foreign = writeParts("foreign", 2, (part, own) => {
      if (part === 1) own["split.no"] = { type: "uint16", value: 0 };
    });
    expect(refusalOf(foreign[0]!).message).toContain('its "split.no" is 0, not 1');
    const short = writeParts("short", 2, (part, own) => {
      if (part === 0) own["split.tensors.count"] = { type: "int32", value: 99 };
    });
    expect(refusalOf(short[0]!).message).toContain("promises 99 tensors");
  });

  test("a renamed first part is refused", () => {
    const bytes = changed({ "split.no": 0, "split.count": 2, "split.tensors.count": 99 });
    expect(refusal(bytes).message).toContain("its name does not say so");
  });
});
