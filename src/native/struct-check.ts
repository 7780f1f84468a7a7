import { ColloquyError } from "../base/errors.ts";
import type { ContextParamsStruct, ModelParamsStruct } from "./structs.ts";

/** Defaults that llama.cpp 0.5.0 sets, chosen so that every group of fields of a struct is pinned from both ends. */
const modelDefaults: Partial<ModelParamsStruct> = {
  n_gpu_layers: -1,
  split_mode: 1,
  main_gpu: 0,
  vocab_only: false,
  use_extra_bufts: true,
  no_host: false,
  no_alloc: false,
};

const contextDefaults: Partial<ContextParamsStruct> = {
  n_ctx: 512,
  n_batch: 2048,
  n_ubatch: 512,
  n_seq_max: 1,
  n_threads: 4,
  n_threads_batch: 4,
  rope_scaling_type: -1,
  pooling_type: -1,
  attention_type: -1,
  flash_attn_type: -1,
  yarn_ext_factor: -1,
  type_k: 1,
  type_v: 1,
  embeddings: false,
  offload_kqv: true,
  op_offload: true,
  swa_full: true,
  kv_unified: false,
  n_samplers: 0,
};

/** Refuses a library whose parameter structs do not have the layout of `structs.ts`. */
export function checkStructs(model: ModelParamsStruct, context: ContextParamsStruct): void {
  const wrong = [
    ...differences("llama_model_params", modelDefaults, model),
    ...differences("llama_context_params", contextDefaults, context),
  ];
  if (wrong.length > 0)
    throw new ColloquyError(
      "wrong-binary-version",
      `The library's structs are laid out differently: ${wrong.join("; ")}`,
      {
        hint: "install the platform package of exactly the version that colloquy names",
      },
    );
}

function differences<T extends object>(struct: string, expected: Partial<T>, actual: T): string[] {
  return Object.entries(expected)
    .filter(([field, value]) => actual[field as keyof T] !== value)
    .map(
      ([field, value]) => `${struct}.${field} is ${String(actual[field as keyof T])}, not ${String(value)}`,
    );
}
