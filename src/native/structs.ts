import koffi from "koffi";

// Layouts of llama.cpp 0.5.0's public structs (llama.h), in declaration order. `struct-check.ts` compares them with the
// defaults that the loaded library itself returns, so a drifted layout is refused instead of corrupting memory.

const enumeration = "int32";
const pointer = "void *";

/** `llama_batch`: what one decode call evaluates. */
export const llamaBatch = koffi.struct({
  n_tokens: "int32",
  token: pointer,
  embd: pointer,
  pos: pointer,
  n_seq_id: pointer,
  seq_id: pointer,
  logits: pointer,
});

/** `llama_model_params` */
export const llamaModelParams = koffi.struct({
  devices: pointer,
  tensor_buft_overrides: pointer,
  n_gpu_layers: "int32",
  split_mode: enumeration,
  load_mode: enumeration,
  lazy_mode: enumeration,
  main_gpu: "int32",
  tensor_split: pointer,
  progress_callback: pointer,
  progress_callback_user_data: pointer,
  kv_overrides: pointer,
  vocab_only: "bool",
  check_tensors: "bool",
  use_extra_bufts: "bool",
  no_host: "bool",
  no_alloc: "bool",
  load_mtp: "bool",
});

/** `llama_context_params` */
export const llamaContextParams = koffi.struct({
  n_ctx: "uint32",
  n_batch: "uint32",
  n_ubatch: "uint32",
  n_seq_max: "uint32",
  n_rs_seq: "uint32",
  n_outputs_max: "uint32",
  n_outputs_max_per_seq: "uint32",
  n_threads: "int32",
  n_threads_batch: "int32",
  ctx_type: enumeration,
  rope_scaling_type: enumeration,
  pooling_type: enumeration,
  attention_type: enumeration,
  flash_attn_type: enumeration,
  rope_freq_base: "float",
  rope_freq_scale: "float",
  yarn_ext_factor: "float",
  yarn_attn_factor: "float",
  yarn_beta_fast: "float",
  yarn_beta_slow: "float",
  yarn_orig_ctx: "uint32",
  defrag_thold: "float",
  cb_eval: pointer,
  cb_eval_user_data: pointer,
  type_k: enumeration,
  type_v: enumeration,
  abort_callback: pointer,
  abort_callback_data: pointer,
  embeddings: "bool",
  offload_kqv: "bool",
  no_perf: "bool",
  op_offload: "bool",
  swa_full: "bool",
  kv_unified: "bool",
  samplers: pointer,
  n_samplers: "size_t",
  ctx_other: pointer,
});

/** `mtmd_context_params` of mtmd.h */
export const mtmdContextParams = koffi.struct({
  use_gpu: "bool",
  device: pointer,
  print_timings: "bool",
  n_threads: "int32",
  image_marker: pointer,
  media_marker: pointer,
  flash_attn_type: enumeration,
  warmup: "bool",
  image_min_tokens: "int32",
  image_max_tokens: "int32",
  cb_eval: pointer,
  cb_eval_user_data: pointer,
  batch_max_tokens: "int32",
  progress_callback: pointer,
  progress_callback_user_data: pointer,
});

export const structs = {
  batch: llamaBatch,
  modelParams: llamaModelParams,
  contextParams: llamaContextParams,
  mediaParams: mtmdContextParams,
} as const;

/** An address in native memory; 0n is NULL. */
export type Pointer = bigint;

export interface BatchStruct {
  n_tokens: number;
  token: Pointer | null;
  embd: Pointer | null;
  pos: Pointer | null;
  n_seq_id: Pointer | null;
  seq_id: Pointer | null;
  logits: Pointer | null;
}

export interface ModelParamsStruct {
  devices: Pointer | null;
  tensor_buft_overrides: Pointer | null;
  n_gpu_layers: number;
  split_mode: number;
  load_mode: number;
  lazy_mode: number;
  main_gpu: number;
  tensor_split: Pointer | null;
  progress_callback: Pointer | null;
  progress_callback_user_data: Pointer | null;
  kv_overrides: Pointer | null;
  vocab_only: boolean;
  check_tensors: boolean;
  use_extra_bufts: boolean;
  no_host: boolean;
  no_alloc: boolean;
  load_mtp: boolean;
}

export interface ContextParamsStruct {
  n_ctx: number;
  n_batch: number;
  n_ubatch: number;
  n_seq_max: number;
  n_rs_seq: number;
  n_outputs_max: number;
  n_outputs_max_per_seq: number;
  n_threads: number;
  n_threads_batch: number;
  ctx_type: number;
  rope_scaling_type: number;
  pooling_type: number;
  attention_type: number;
  flash_attn_type: number;
  rope_freq_base: number;
  rope_freq_scale: number;
  yarn_ext_factor: number;
  yarn_attn_factor: number;
  yarn_beta_fast: number;
  yarn_beta_slow: number;
  yarn_orig_ctx: number;
  defrag_thold: number;
  cb_eval: Pointer | null;
  cb_eval_user_data: Pointer | null;
  type_k: number;
  type_v: number;
  abort_callback: Pointer | null;
  abort_callback_data: Pointer | null;
  embeddings: boolean;
  offload_kqv: boolean;
  no_perf: boolean;
  op_offload: boolean;
  swa_full: boolean;
  kv_unified: boolean;
  samplers: Pointer | null;
  n_samplers: number;
  ctx_other: Pointer | null;
}

export interface MediaParamsStruct {
  use_gpu: boolean;
  device: Pointer | null;
  print_timings: boolean;
  n_threads: number;
  image_marker: Pointer | null;
  media_marker: Pointer | null;
  flash_attn_type: number;
  warmup: boolean;
  image_min_tokens: number;
  image_max_tokens: number;
  cb_eval: Pointer | null;
  cb_eval_user_data: Pointer | null;
  batch_max_tokens: number;
  progress_callback: Pointer | null;
  progress_callback_user_data: Pointer | null;
}
