import { describe, expect, test } from "vitest";
import { checkContextOptions, type LlamaContextOptions } from "./context/context-options.ts";
import { chooseContextSize } from "./context/context-size.ts";
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

describe("the size of a context", () => {
  const machine = { trained: 8192, freeBytes: 100_000, bytesFor: (size: number) => 1000 + 20 * size };

  test.each<[string, LlamaContextOptions["contextSize"], Partial<typeof machine>, number]>([
    ["as asked", 300, {}, 300],
    ["auto is what fits", "auto", {}, 4950],
    ["auto is the trained length when that fits", "auto", { freeBytes: 1e9 }, 8192],
    ["a short model", "auto", { trained: 256 }, 256],
    ["no more than max", { max: 2000 }, {}, 2000],
    ["min beyond the trained length is kept", { min: 9000 }, { freeBytes: 1e9 }, 9000],
    ["between the bounds", { min: 100, max: 6000 }, {}, 4950],
  ])("%s", (_, contextSize, change, expected) => {
    expect(chooseContextSize({ ...machine, ...change, contextSize: contextSize! })).toBe(expected);
  });

  test.each<[LlamaContextOptions["contextSize"]]>([[5000], [{ min: 5000 }]])(
    "refuses %j with the numbers",
    (contextSize) => {
      expect(() => chooseContextSize({ ...machine, contextSize: contextSize! })).toThrow(
        expect.objectContaining({
          code: "insufficient-memory",
          message: expect.stringMatching(/5000 tokens needs 101000 bytes, 100000 are free/),
        }),
      );
    },
  );

  test("a machine that cannot hold even a small context says so", () => {
    expect(() => chooseContextSize({ ...machine, freeBytes: -5, contextSize: "auto" })).toThrow(
      /512 tokens .* 0 are free/,
    );
  });
});

describe("options of a model", () => {
  test.each<[Partial<LlamaModelOptions>]>([
    [{}],
    [{ gpuLayers: "auto" }],
    [{ gpuLayers: "max" }],
    [{ gpuLayers: 0 }],
    [{ gpuLayers: { min: 2 } }],
    [{ mmprojPath: "C:\\models\\mmproj.gguf", mediaLibrary: { build: "auto" } }],
    [{ mmprojPath: false, mediaLibrary: { build: () => true } }],
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
    ["modelPath", { modelPath: "hf:owner/repo:Q8_0" }],
    ["mmprojPath", { modelPath: "m", mmprojPath: "" }],
    ["mmprojPath", { modelPath: "m", mmprojPath: "hf:owner/repo/mmproj.gguf" }],
    ["mediaLibrary.build", { modelPath: "m", mediaLibrary: { build: "ask" } }],
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
