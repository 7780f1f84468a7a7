import { describe, expect, test } from "vitest";
import { checkContextOptions, kvCacheTypes, type LlamaContextOptions } from "./context/context-options.ts";
import { kvBytesPerToken } from "./context/context-size.ts";
import { checkLlamaOptions, type LlamaOptions, numaStrategy } from "./llama-options.ts";
import { LlamaLogLevelGreaterThan, LlamaLogLevelGreaterThanOrEqual, logLevelOf } from "./log-level.ts";
import { parseMeminfo, ramState, swapState } from "./machine-memory.ts";
import { checkModelOptions, type LlamaModelOptions, loadMode } from "./model/model-options.ts";

const refusal = (name: string, code = "invalid-argument") =>
  expect.objectContaining({ code, message: expect.stringContaining(name) });

describe("options of a context", () => {
  test.each<[string, LlamaContextOptions]>([
    ["nothing", {}],
    ["sizes", { contextSize: 8, sequences: 200, batchSize: 1, promptChunkSize: 1 }],
    ["auto", { contextSize: "auto", flashAttention: "auto", threads: 0 }],
    ["bounds", { contextSize: { min: 8, max: 4096 }, threads: { ideal: 4, min: 1 } }],
    ["half bounds", { contextSize: { max: 4096 }, threads: {} }],
    ["types", { kvCacheKeyType: "Q8_0", kvCacheValueType: "F32", experimentalKvCacheKeyType: "BF16" }],
  ])("accepts %s", (_, options) => expect(() => checkContextOptions(options)).not.toThrow());

  test.each<[string, unknown]>([
    ["createContext", null],
    ["createContext", 7],
    ["sequences", { sequences: 0 }],
    ["sequences", { sequences: 1.5 }],
    ["sequences", { sequences: 201 }],
    ["batchSize", { batchSize: 0 }],
    ["batchSize", { batchSize: "512" }],
    ["promptChunkSize", { promptChunkSize: Number.NaN }],
    ["contextSize", { contextSize: 7 }],
    ["contextSize", { contextSize: -1 }],
    ["contextSize", { contextSize: "large" }],
    ["contextSize", { contextSize: { min: 0.5 } }],
    ["contextSize", { contextSize: { max: Number.POSITIVE_INFINITY } }],
    ["threads", { threads: -1 }],
    ["threads", { threads: { min: 0.5 } }],
    ["kvCacheKeyType", { kvCacheKeyType: "Q2_K" }],
    ["kvCacheValueType", { kvCacheValueType: "f16" }],
    ["kvCacheKeyType", { kvCacheKeyType: "toString" }],
    ["experimentalKvCacheKeyType", { experimentalKvCacheKeyType: 1 }],
  ])("refuses by name: %s %j", (name, options) => {
    expect(() => checkContextOptions(options as LlamaContextOptions)).toThrow(refusal(name));
  });
});

describe("bytes of cache for a token", () => {
  // SmolLM2-135M: 30 layers of 3 heads, 64 wide: 30 · 3 · 64 · (2 + 2) bytes.
  const small = {
    "general.architecture": "llama",
    "llama.block_count": 30,
    "llama.embedding_length": 576,
    "llama.attention.head_count": 9,
    "llama.attention.head_count_kv": 3,
  };
  test.each<[LlamaContextOptions, number]>([
    [{}, 23_040],
    [{ kvCacheKeyType: "F32" }, 34_560],
    [{ kvCacheKeyType: "Q8_0", kvCacheValueType: "Q8_0" }, 12_240],
    [{ kvCacheKeyType: "Q4_0" }, 30 * 3 * 64 * (18 / 32 + 2)],
    [{ experimentalKvCacheValueType: "Q5_1" }, 30 * 3 * 64 * (2 + 24 / 32)],
  ])("with %j", (options, bytes) => expect(kvBytesPerToken(small, options)).toBe(bytes));

  test("heads that differ by layer, and widths of their own", () => {
    const model = {
      "general.architecture": "odd",
      "odd.block_count": 3,
      "odd.embedding_length": 999,
      "odd.attention.head_count": 8,
      "odd.attention.head_count_kv": [1, 2, 4],
      "odd.attention.key_length": 32,
      "odd.attention.value_length": 16,
    };
    expect(kvBytesPerToken(model, {})).toBe((1 + 2 + 4) * (32 * 2 + 16 * 2));
  });

  test("without heads for the cache, all heads have one", () => {
    const { "llama.attention.head_count_kv": _, ...model } = small;
    expect(kvBytesPerToken(model, {})).toBe(30 * 9 * 64 * 4);
  });

  test("every type has a size", () => {
    for (const type of Object.keys(kvCacheTypes) as (keyof typeof kvCacheTypes)[])
      expect(kvBytesPerToken(small, { kvCacheKeyType: type, kvCacheValueType: type })).toBeGreaterThan(0);
  });
});

describe("options of a model", () => {
  test.each<[Partial<LlamaModelOptions>]>([
    [{}],
    [{ gpuLayers: "auto" }],
    [{ gpuLayers: "max" }],
    [{ gpuLayers: 0 }],
    [{ gpuLayers: { min: 2 } }],
    [{ gpuLayers: { fitContext: { contextSize: 100 } } }],
  ])("accepts %j", (options) =>
    expect(() => checkModelOptions({ modelPath: "m.gguf", ...options })).not.toThrow(),
  );

  test.each<[string, unknown]>([
    ["modelPath", null],
    ["modelPath", {}],
    ["modelPath", { modelPath: "" }],
    ["modelPath", { modelPath: 7 }],
    ["gpuLayers", { modelPath: "m", gpuLayers: -1 }],
    ["gpuLayers", { modelPath: "m", gpuLayers: "all" }],
    ["gpuLayers", { modelPath: "m", gpuLayers: { min: 0.5 } }],
    ["gpuLayers", { modelPath: "m", gpuLayers: { max: -2 } }],
    ["onLoadProgress", { modelPath: "m", onLoadProgress: true }],
  ])("refuses by name: %s %j", (name, options) => {
    expect(() => checkModelOptions(options as LlamaModelOptions)).toThrow(refusal(name));
  });

  test("refuses what is not offered", () => {
    const options = { modelPath: "m", metadataOverrides: {} } as unknown as LlamaModelOptions;
    expect(() => checkModelOptions(options)).toThrow(refusal("metadataOverrides", "unsupported"));
  });

  test.each([
    [{}, 1],
    [{ useMmap: "auto" as const }, 1],
    [{ useMmap: false }, 0],
    [{ useMlock: true }, 3],
    [{ useMmap: false, useMlock: true }, 2],
    [{ useDirectIo: true, useMmap: true }, 4],
  ])("%j loads in mode %i", (options, mode) => expect(loadMode({ modelPath: "m", ...options })).toBe(mode));
});

describe("options of getLlama()", () => {
  test.each<[LlamaOptions]>([
    [{}],
    [{ gpu: false, logLevel: "debug", maxThreads: 0, numa: false, build: "never" }],
    [{ gpu: { type: "auto", exclude: ["cuda"] }, numa: "mirror", cmakeOptions: {}, debug: false }],
  ])("accepts %j", (options) => expect(() => checkLlamaOptions(options)).not.toThrow());

  test.each<[string, unknown, string?]>([
    ["getLlama", null],
    ["getLlama", "cuda"],
    ["build", { build: "forceRebuild" }, "unsupported"],
    ["debug", { debug: true }, "unsupported"],
    ["cmakeOptions", { cmakeOptions: { A: "1" } }, "unsupported"],
    ["logLevel", { logLevel: "loud" }],
    ["logger", { logger: "console" }],
    ["maxThreads", { maxThreads: -1 }],
    ["maxThreads", { maxThreads: 1.5 }],
    ["numa", { numa: "yes" }],
    ["numa", { numa: "toString" }],
    ["gpu", { gpu: "opencl" }],
    ["gpu", { gpu: true }],
    ["gpu", { gpu: null }],
    ["gpu", { gpu: { type: "none" } }],
  ])("refuses by name: %s %j", (name, options, code = "invalid-argument") => {
    expect(() => checkLlamaOptions(options as LlamaOptions)).toThrow(refusal(name, code));
  });

  test("strategies of memory nodes", () => {
    expect(([false, "distribute", "isolate", "numactl", "mirror"] as const).map(numaStrategy)).toEqual([
      0, 1, 2, 3, 4,
    ]);
  });
});

test("log levels have an order, and llama.cpp's own a place in it", () => {
  expect(LlamaLogLevelGreaterThan("debug", "warn")).toBe(true);
  expect(LlamaLogLevelGreaterThan("warn", "warn")).toBe(false);
  expect(LlamaLogLevelGreaterThanOrEqual("warn", "warn")).toBe(true);
  expect(LlamaLogLevelGreaterThanOrEqual("disabled", "error")).toBe(false);
  expect([0, 1, 2, 3, 4, 5].map(logLevelOf)).toEqual(["log", "debug", "log", "warn", "error", "log"]);
});

describe("memory of the machine", () => {
  test("the figures of /proc/meminfo", () => {
    const text =
      "MemTotal:        8000 kB\nMemAvailable:    3000 kB\nActive(anon):  12 kB\nHugePages_Total:       5\nSwapFree: 0 kB\n";
    expect(parseMeminfo(text)).toEqual({
      MemTotal: 8_192_000,
      MemAvailable: 3_072_000,
      "Active(anon)": 12_288,
      SwapFree: 0,
    });
    expect(parseMeminfo("")).toEqual({});
    expect(parseMeminfo("MemTotal: many kB\n")).toEqual({});
  });

  test("this machine's figures make sense", () => {
    const { total, free } = ramState();
    expect(total).toBeGreaterThan(0);
    expect(free).toBeGreaterThanOrEqual(0);
    expect(free).toBeLessThanOrEqual(total);
    const swap = swapState();
    expect(swap.free).toBeLessThanOrEqual(swap.total);
  });
});
