import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type TinyModelOptions, tinyModel } from "../../test/gguf/tiny-model.ts";
import { type WritableValue, writeGguf } from "../../test/gguf/write-gguf.ts";
import { checkGgufFile } from "./check-gguf-file.ts";
import { estimateMemory } from "./estimate-memory.ts";
import { GgmlType } from "./ggml-type.ts";

let folder: string;
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), "memory-"));
});
afterAll(() => rmSync(folder, { recursive: true }));

function infoOf(options: TinyModelOptions, changes: Record<string, WritableValue> = {}) {
  const path = join(folder, "model.gguf");
  const model = tinyModel(options);
  writeGguf(path, { ...model, metadata: { ...(model.metadata as object), ...changes } });
  return checkGgufFile(path);
}

const mebibyte = 1 << 20;

describe("weights and cache, counted by hand", () => {
  test("full attention: 2 layers × (32 keys + 32 values) × 2 bytes = 256 bytes a token", () => {
    const info = infoOf({});
    expect(estimateMemory(info, { contextSize: 1024 }).kvBytes).toBe(1024 * 256);
    // Rounded up to 256 cells; four sequences share the unified cache.
    expect(estimateMemory(info, { contextSize: 1000, sequences: 4 }).kvBytes).toBe(4096 * 256);
    const q8 = { key: GgmlType.Q8_0, value: GgmlType.Q8_0 };
    expect(estimateMemory(info, { contextSize: 1024, kvTypes: q8 }).kvBytes).toBe((1024 * 2 * 64 * 34) / 32);
  });

  test("every tensor is counted once", () => {
    const { weightsBytes } = estimateMemory(infoOf({}), { contextSize: 256 });
    const vocabulary = 296;
    const layer = 64 * 64 * 2 + 64 * 32 * 2 + 64 * 128 * 3 + 128;
    expect(weightsBytes).toBe(4 * (2 * vocabulary * 64 + 64 + 2 * layer));
  });

  test("sliding window: two of four layers keep 32 tokens and the batch", () => {
    const info = infoOf({ architecture: "gemma3" });
    const perLayer = 128;
    const options = { contextSize: 4096, batchSize: 128 };
    expect(estimateMemory(info, options).kvBytes).toBe(2 * 4096 * perLayer + 2 * 256 * perLayer);
    expect(estimateMemory(info, { ...options, batchSize: 512 }).kvBytes).toBe(
      (2 * 4096 + 2 * 768) * perLayer,
    );
    expect(estimateMemory(info, { ...options, swaFull: true }).kvBytes).toBe(4 * 4096 * perLayer);
    const apart = estimateMemory(info, { ...options, sequences: 2, unified: false });
    expect(apart.kvBytes).toBe(2 * (2 * 4096 + 2 * 256) * perLayer);
  });

  test("recurrent: a state per sequence, whatever the context", () => {
    const info = infoOf({ architecture: "mamba" });
    // Per layer: convolution 3 × 128 and state 16 × 128, in 4 bytes.
    const state = 2 * (3 * 128 + 16 * 128) * 4;
    expect(estimateMemory(info, { contextSize: 512 }).kvBytes).toBe(state);
    expect(estimateMemory(info, { contextSize: 65_536, sequences: 4 }).kvBytes).toBe(4 * state);
  });
});

describe("work space, against what llama.cpp 0.5.0 logged", () => {
  /** Figures in MiB: context, batch, flash attention, and the sum of its compute and output buffers. */
  test.each([
    ["gemma3", 512, 512, true, 2.15],
    ["gemma3", 4096, 512, true, 5.9],
    ["gemma3", 4096, 512, false, 42.39],
    ["gemma3", 4096, 128, true, 1.35],
    ["gemma3", 4096, 128, false, 10.35],
    ["mamba", 4096, 512, true, 1.64],
    ["mamba", 4096, 128, true, 0.42],
  ] as const)(
    "%s, context %i, batch %i, flash attention %s",
    (architecture, contextSize, batchSize, flash, logged) => {
      const options = { contextSize, batchSize, flashAttention: flash };
      const { computeBytes } = estimateMemory(infoOf({ architecture }), options);
      expect(computeBytes / mebibyte / logged).toBeGreaterThan(0.9);
      expect(computeBytes / mebibyte / logged).toBeLessThan(1.1);
    },
  );

  test("as SmolLM2-135M is shaped: 98.44 MiB, and 17.70 with one output", () => {
    const { metadata, tensors } = tinyModel({ layers: 1 });
    const shape = {
      "llama.embedding_length": 576,
      "llama.feed_forward_length": 1536,
      "llama.attention.head_count": 9,
      "llama.attention.head_count_kv": 3,
      "llama.attention.key_length": 64,
      "llama.attention.value_length": 64,
      "tokenizer.ggml.tokens": Array(49_152).fill("t"),
      "tokenizer.ggml.token_type": { type: "array", elementType: "int32", value: Array(49_152).fill(1) },
    } as const;
    const path = join(folder, "smol.gguf");
    writeGguf(path, { metadata: { ...(metadata as object), ...shape }, tensors });
    const info = checkGgufFile(path);
    const at = (options: object) =>
      estimateMemory(info, { contextSize: 4096, ...options }).computeBytes / mebibyte;
    expect(at({})).toBeCloseTo(98.44, 1);
    expect(at({ outputsMax: 1 })).toBeCloseTo(17.7, 1);
    expect(at({ batchSize: 128 })).toBeCloseTo(24.75, 1);
    expect(at({ flashAttention: false }) / 99.57).toBeCloseTo(1, 1);
  });

  test("a large vocabulary's logits dominate, and fewer of them need less", () => {
    const words = Array.from({ length: 5000 }, (_, index) => `w${index}`);
    const info = infoOf({ words });
    const all = estimateMemory(info, { contextSize: 512 }).computeBytes;
    expect(all).toBeGreaterThan(512 * 5000 * 4);
    expect(estimateMemory(info, { contextSize: 512, outputsMax: 1 }).computeBytes).toBeLessThan(all / 2);
  });
});

describe("on a GPU", () => {
  test("the output goes first, then the last layers", () => {
    const info = infoOf({});
    const at = (gpuLayers: number) => estimateMemory(info, { contextSize: 256, gpuLayers });
    expect(at(0).gpuBytes).toBe(0);
    const { computeBytes } = at(1);
    expect(at(1).gpuBytes - computeBytes).toBe(4 * (296 * 64 + 64));
    const layer = 4 * (64 * 64 * 2 + 64 * 32 * 2 + 64 * 128 * 3 + 128) + 256 * 128;
    expect(at(2).gpuBytes - at(1).gpuBytes).toBe(layer);
    expect(at(3).gpuBytes - at(1).gpuBytes).toBe(2 * layer);
    expect(at(99).gpuBytes).toBe(at(3).gpuBytes);
  });
});
