import { InvalidArgumentError } from "../../base/errors.ts";
import type { LoraOptions } from "../lora/lora-options.ts";

/** Types of cached keys and values, as `ggml_type` in ggml.h. Quantised ones save memory and cost accuracy. */
export const kvCacheTypes = {
  F32: 0,
  F16: 1,
  Q4_0: 2,
  Q4_1: 3,
  Q5_0: 6,
  Q5_1: 7,
  Q8_0: 8,
  BF16: 30,
} as const;
export type KvCacheType = keyof typeof kvCacheTypes;

export function isQuantised(type: KvCacheType): boolean {
  return !/^B?F/.test(type);
}

export interface LlamaContextOptions {
  /**
   * Room of each sequence, tokens. `"auto"` (default): the model's training length, or what the free memory takes;
   * `{min, max}` bounds it.
   */
  contextSize?: "auto" | number | { min?: number; max?: number };
  /** Sequences that can live at the same time, 1 to 200. Default 1. They share one cache. */
  sequences?: number;
  /** Tokens evaluated by one call at most. Default 512. */
  batchSize?: number;
  /** Threads; `{ideal, min}` bounds the governor, which gives cores up while other processes need them. Default: usable cores. */
  threads?: number | { ideal?: number; min?: number };
  /** Default `"auto"`: where model and device have it. */
  flashAttention?: boolean | "auto";
  /** Type of the cached keys. Default `"F16"`. */
  kvCacheKeyType?: KvCacheType;
  /** Type of the cached values; quantised ones need flash attention. Default `"F16"`. */
  kvCacheValueType?: KvCacheType;
  /** node-llama-cpp's name of {@link kvCacheKeyType}. */
  experimentalKvCacheKeyType?: KvCacheType;
  /** node-llama-cpp's name of {@link kvCacheValueType}. */
  experimentalKvCacheValueType?: KvCacheType;
  /** Full-size cache for models with a sliding window, so that they can shift and share. Default true. */
  swaFullCache?: boolean;
  /** LoRA adapters that change the model in this context: a path or a list. Contexts of a model share what is loaded. */
  lora?: string | LoraOptions;
  /** Aborts the creation. */
  createSignal?: AbortSignal;
  /** Create even when the estimate says that the cache does not fit. Default false. */
  ignoreMemorySafetyChecks?: boolean;
  /**
   * Tokens of prompts at most in one batch while replies stream; as many as keep the gaps between streamed tokens
   * below three times the usual, or about 50 ms, are taken. Default 256.
   */
  promptChunkSize?: number;
  /** Bytes of earlier sequences' states kept in memory for later ones with the same beginning. Default 256 MiB; 0: none. */
  prefixCacheBytes?: number;
  /** Folder in which states of long beginnings are kept, so that a restarted program need not read them again. Default: none. */
  cacheDirectory?: string;
  /** Bytes that {@link cacheDirectory} may hold; the least recently used go. Default 2 GiB. */
  cacheDirectoryBytes?: number;
  /** Accepted for programs written for node-llama-cpp: batching is always on. */
  batching?: unknown;
  /** Accepted; on failure a smaller context is tried this often when contextSize is "auto". Default 3 retries, 16 % smaller each. */
  failedCreationRemedy?: false | { retries?: number; autoContextSizeShrink?: number };
  /** Accepted and without effect: figures are always kept, see `context.stats`. */
  performanceTracking?: boolean;
}

const integerOptions = ["sequences", "batchSize", "promptChunkSize"] as const;

/** @throws InvalidArgumentError naming the option */
export function checkContextOptions(options: LlamaContextOptions): void {
  if (options === null || typeof options !== "object")
    throw new InvalidArgumentError("createContext() takes an object of options");
  for (const name of integerOptions) {
    const value = options[name];
    if (value !== undefined && !(Number.isInteger(value) && value >= 1))
      throw new InvalidArgumentError(`${name} must be an integer of 1 or more, not ${String(value)}`);
  }
  if ((options.sequences ?? 1) > 200) throw new InvalidArgumentError("sequences can be 200 at most");
  const { contextSize, threads } = options;
  const sizes =
    typeof contextSize === "object" && contextSize !== null
      ? [contextSize.min, contextSize.max]
      : [contextSize];
  for (const size of sizes)
    if (size !== undefined && size !== "auto" && !(Number.isInteger(size) && size >= 8))
      throw new InvalidArgumentError(
        `contextSize must be "auto" or an integer of 8 or more, not ${String(size)}`,
      );
  const counts = typeof threads === "object" && threads !== null ? [threads.ideal, threads.min] : [threads];
  for (const count of counts)
    if (count !== undefined && !(Number.isInteger(count) && count >= 0))
      throw new InvalidArgumentError(`threads must be an integer of 0 or more, not ${String(count)}`);
  for (const name of [
    "kvCacheKeyType",
    "kvCacheValueType",
    "experimentalKvCacheKeyType",
    "experimentalKvCacheValueType",
  ] as const) {
    const type = options[name];
    if (type !== undefined && !Object.hasOwn(kvCacheTypes, type))
      throw new InvalidArgumentError(
        `${name} must be one of ${Object.keys(kvCacheTypes).join(", ")}, not ${String(type)}`,
      );
  }
}

export function keyType(options: LlamaContextOptions): KvCacheType {
  return options.kvCacheKeyType ?? options.experimentalKvCacheKeyType ?? "F16";
}
export function valueType(options: LlamaContextOptions): KvCacheType {
  return options.kvCacheValueType ?? options.experimentalKvCacheValueType ?? "F16";
}
