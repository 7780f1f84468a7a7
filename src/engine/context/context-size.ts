import { InsufficientMemoryError } from "../../base/errors.ts";
import { estimateMemory } from "../../gguf/estimate-memory.ts";
import type { GgmlType } from "../../gguf/ggml-type.ts";
import { draftTokensMax } from "../drafts/draft-policy.ts";
import type { LlamaModel } from "../model/llama-model.ts";
import { keyType, kvCacheTypes, type LlamaContextOptions, valueType } from "./context-options.ts";

/** Length of context taken when neither the file nor the user says one. */
const defaultContextSize = 4096;
/** Automatic sizes do not go below this unless asked to. */
const automaticSizeMin = 512;

export interface ContextSizeRequest {
  readonly contextSize: NonNullable<LlamaContextOptions["contextSize"]>;
  /** Length of context the model was trained for, tokens. */
  readonly trained: number;
  /** Bytes that a context may take. */
  readonly freeBytes: number;
  /** Bytes that a context of so many tokens takes. Grows with the size. */
  bytesFor(contextSize: number): number;
}

/**
 * The room of each sequence: what was asked for, or the most that model and memory allow. Pure.
 * @throws InsufficientMemoryError with the numbers when the wanted size does not fit
 */
export function chooseContextSize({ contextSize, trained, freeBytes, bytesFor }: ContextSizeRequest): number {
  const fits = (size: number) => bytesFor(size) <= freeBytes;
  const refuse = (size: number) => {
    throw new InsufficientMemoryError(
      `A context of ${size} tokens needs ${Math.round(bytesFor(size))} bytes, ${Math.max(0, Math.round(freeBytes))} are free`,
      {
        hint: "use a smaller contextSize, fewer sequences, or a quantised cache (kvCacheKeyType, kvCacheValueType)",
      },
    );
  };
  if (typeof contextSize === "number") return fits(contextSize) ? contextSize : refuse(contextSize);
  const bounds = contextSize === "auto" ? {} : contextSize;
  const most = Math.max(bounds.min ?? 1, Math.min(trained, bounds.max ?? Number.POSITIVE_INFINITY));
  let least = Math.min(most, bounds.min ?? automaticSizeMin);
  if (fits(most)) return most;
  if (!fits(least)) return refuse(least);
  let tooLarge = most;
  while (tooLarge - least > 1) {
    const middle = (least + tooLarge) >> 1;
    if (fits(middle)) least = middle;
    else tooLarge = middle;
  }
  return least;
}

/** {@link chooseContextSize} for a model on this machine. */
export async function resolveContextSize(model: LlamaModel, options: LlamaContextOptions): Promise<number> {
  const { llama } = model;
  const free =
    llama.gpu === false
      ? llama.ramStateSync().free - llama.ramPaddingSize
      : (await llama.getVramState()).free - (await llama.vramPaddingSize());
  return chooseContextSize({
    contextSize: options.contextSize ?? "auto",
    trained: model.trainContextSize || defaultContextSize,
    freeBytes: options.ignoreMemorySafetyChecks ? Number.POSITIVE_INFINITY : free,
    bytesFor: (contextSize) => contextBytes(model, options, contextSize),
  });
}

/** Cache and work space of a context; the weights are there already. */
function contextBytes(model: LlamaModel, options: LlamaContextOptions, contextSize: number): number {
  const { sequences = 1, batchSize = 512 } = options;
  const key = kvCacheTypes[keyType(options)] as GgmlType;
  const value = kvCacheTypes[valueType(options)] as GgmlType;
  const { kvBytes, computeBytes } = estimateMemory(model.fileInfo, {
    contextSize,
    sequences,
    kvTypes: { key, value },
    batchSize,
    outputsMax: Math.min(batchSize, sequences * (1 + draftTokensMax)),
    flashAttention: options.flashAttention !== false,
    swaFull: options.swaFullCache ?? true,
  });
  return kvBytes + computeBytes;
}
