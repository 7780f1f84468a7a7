import { InvalidArgumentError } from "../../base/errors.ts";
import { checkContextOptions } from "../context/context-options.ts";

/** Options of contexts that read a whole input and give a vector. */
export interface VectorContextOptions {
  /**
   * Tokens of the longest input. `"auto"` (default): the model's training length, at most what the free memory takes; at
   * most 4096 for models that must see the whole input at once. `{min, max}` bounds it.
   */
  contextSize?: "auto" | number | { min?: number; max?: number };
  /** Tokens evaluated by one call at most, where the model can read an input in pieces. Default 512. */
  batchSize?: number;
  /** Threads; 0 for as many as the machine has. Default: usable cores. */
  threads?: number;
  /** Aborts the creation. */
  createSignal?: AbortSignal;
  /** Create even when the estimate says that the memory does not suffice. Default false. */
  ignoreMemorySafetyChecks?: boolean;
}

/** @throws InvalidArgumentError naming the option */
export function checkVectorOptions(options: VectorContextOptions): void {
  checkContextOptions(options);
  if (typeof options.threads === "object") throw new InvalidArgumentError("threads must be a number");
}
