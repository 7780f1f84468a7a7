import { InsufficientMemoryError } from "../../base/errors.ts";
import type { LlamaModel } from "../model/llama-model.ts";
import { kvCacheElementBytes, type LlamaContextOptions } from "./context-options.ts";

/** Length of context taken when neither the file nor the user says one. */
const defaultContextSize = 4096;

/** Bytes of cache that one token takes, from the model's shape; an upper bound for sliding-window and recurrent models. */
export function kvBytesPerToken(
  metadata: Readonly<Record<string, unknown>>,
  options: LlamaContextOptions,
): number {
  const architecture = String(metadata["general.architecture"]);
  const figure = (name: string) => metadata[`${architecture}.${name}`];
  const layers = Number(figure("block_count") ?? 0);
  const heads = Number(figure("attention.head_count") ?? 1);
  const width = Number(figure("embedding_length") ?? 0);
  const kvHeads = figure("attention.head_count_kv") ?? heads;
  const perLayer = Array.isArray(kvHeads)
    ? kvHeads.map(Number)
    : new Array<number>(layers).fill(Number(kvHeads));
  const keyWidth = Number(figure("attention.key_length") ?? width / heads);
  const valueWidth = Number(figure("attention.value_length") ?? width / heads);
  const keyBytes = kvCacheElementBytes[options.kvCacheKeyType ?? options.experimentalKvCacheKeyType ?? "F16"];
  const valueBytes =
    kvCacheElementBytes[options.kvCacheValueType ?? options.experimentalKvCacheValueType ?? "F16"];
  return perLayer.reduce((sum, count) => sum + count * (keyWidth * keyBytes + valueWidth * valueBytes), 0);
}

/**
 * The room of each sequence: what was asked for, or what model and memory allow.
 * @throws InsufficientMemoryError with the numbers when the wanted size does not fit
 */
export async function resolveContextSize(model: LlamaModel, options: LlamaContextOptions): Promise<number> {
  const { contextSize = "auto" } = options;
  const trained = model.trainContextSize || defaultContextSize;
  const sequences = options.sequences ?? 1;
  const perToken = kvBytesPerToken(model.metadata, options) * sequences;
  const { llama } = model;
  const free =
    llama.gpu === false
      ? llama.ramStateSync().free - llama.ramPaddingSize
      : (await llama.getVramState()).free - (await llama.vramPaddingSize());
  const fitting =
    options.ignoreMemorySafetyChecks || perToken === 0
      ? Number.POSITIVE_INFINITY
      : Math.floor(Math.max(0, free) / perToken);
  if (typeof contextSize === "number") {
    if (contextSize > fitting) throw tooLarge(contextSize, sequences, perToken, free);
    return contextSize;
  }
  const bounds = contextSize === "auto" ? {} : contextSize;
  const size = Math.min(trained, fitting, bounds.max ?? Number.POSITIVE_INFINITY);
  const least = bounds.min ?? Math.min(512, trained);
  if (size < least && least > fitting) throw tooLarge(least, sequences, perToken, free);
  return Math.max(size, bounds.min ?? 8);
}

function tooLarge(
  contextSize: number,
  sequences: number,
  perToken: number,
  free: number,
): InsufficientMemoryError {
  return new InsufficientMemoryError(
    `A context of ${sequences} × ${contextSize} tokens needs ${Math.round(contextSize * perToken)} bytes, ${Math.max(0, Math.round(free))} are free`,
    {
      hint: "use a smaller contextSize, fewer sequences, or a quantised cache (kvCacheKeyType, kvCacheValueType)",
    },
  );
}
