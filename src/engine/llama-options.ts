import { InvalidArgumentError, UnsupportedError } from "../base/errors.ts";
import type { GpuRequest } from "../native/platform.ts";
import { type LlamaLogLevel, LlamaLogLevelValues } from "./log-level.ts";

/** How memory is laid out on machines with several memory nodes; ignored where there is one. */
export type LlamaNuma = false | "distribute" | "isolate" | "numactl" | "mirror";

/** Memory kept free, bytes, or a function of the total. */
export type MemoryPadding = number | ((totalBytes: number) => number);

export interface LlamaOptions {
  /**
   * The compute device. `"auto"` (default) takes the best installed platform package and falls back to the CPU;
   * `false` is the CPU.
   */
  gpu?: GpuRequest;
  /** Default `"disabled"`: llama.cpp's log is kept for error messages and not printed. */
  logLevel?: LlamaLogLevel;
  /** Receives what `logLevel` lets through. Default: standard error. */
  logger?: (level: LlamaLogLevel, message: string) => void;
  /** Most threads an evaluation uses. Default 0: as many as this process has usable cores. */
  maxThreads?: number;
  /** Video memory that "auto" sizes leave free. Default: 8 %, at most 1.2 GB. */
  vramPadding?: MemoryPadding;
  /** Memory that "auto" sizes leave free. Default: 10 %, at most 1 GB. */
  ramPadding?: MemoryPadding;
  numa?: LlamaNuma;
  /** Accepted for programs written for node-llama-cpp; colloquy never builds llama.cpp, so only the modes that need no build are. */
  build?: "auto" | "never" | "try" | "autoAttempt" | "forceRebuild";
  /** Accepted and without effect: there is nothing to build or download. */
  skipDownload?: boolean;
  /** Accepted and without effect. */
  progressLogs?: boolean;
  /** Accepted and without effect: only prebuilt libraries are used. */
  usePrebuiltBinaries?: boolean;
  /** Accepted and without effect. */
  existingPrebuiltBinaryMustMatchBuildOptions?: boolean;
  /** Resolve everything, load nothing; the promise is rejected when no library fits. */
  dryRun?: boolean;
  /** Refused when true: there is no debug build. */
  debug?: boolean;
  /** Refused unless empty: nothing is compiled. */
  cmakeOptions?: Readonly<Record<string, string>>;
}

const numaStrategies: Readonly<Record<Exclude<LlamaNuma, false>, number>> = {
  distribute: 1,
  isolate: 2,
  numactl: 3,
  mirror: 4,
};

/** `ggml_numa_strategy` in ggml-cpu.h */
export function numaStrategy(numa: LlamaNuma): number {
  return numa === false ? 0 : numaStrategies[numa];
}

/** @throws InvalidArgumentError, UnsupportedError naming the option */
export function checkLlamaOptions(options: LlamaOptions): void {
  if (options === null || typeof options !== "object")
    throw new InvalidArgumentError(`getLlama() takes an object of options, not ${typeof options}`);
  const { build, cmakeOptions, debug, gpu, logLevel, logger, maxThreads, numa } = options;
  if (build === "forceRebuild")
    throw new UnsupportedError('build: "forceRebuild" is not offered: colloquy never compiles');
  if (debug) throw new UnsupportedError("debug: there is no debug build");
  if (cmakeOptions !== undefined && Object.keys(cmakeOptions).length > 0)
    throw new UnsupportedError("cmakeOptions: colloquy never compiles");
  if (logLevel !== undefined && !LlamaLogLevelValues.includes(logLevel))
    throw new InvalidArgumentError(
      `logLevel must be one of ${LlamaLogLevelValues.join(", ")}, not ${String(logLevel)}`,
    );
  if (logger !== undefined && typeof logger !== "function")
    throw new InvalidArgumentError("logger must be a function");
  if (maxThreads !== undefined && !(Number.isInteger(maxThreads) && maxThreads >= 0))
    throw new InvalidArgumentError(`maxThreads must be an integer of 0 or more, not ${String(maxThreads)}`);
  if (numa !== undefined && numa !== false && !Object.hasOwn(numaStrategies, numa))
    throw new InvalidArgumentError(`numa must be false or one of ${Object.keys(numaStrategies).join(", ")}`);
  const device = typeof gpu === "object" && gpu !== null ? gpu.type : gpu;
  if (device !== undefined && !["auto", "metal", "cuda", "vulkan", false].includes(device))
    throw new InvalidArgumentError(
      `gpu must be "auto", "metal", "cuda", "vulkan" or false, not ${String(device)}`,
    );
}
