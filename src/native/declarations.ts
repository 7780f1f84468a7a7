import type {
  BatchStruct,
  ContextParamsStruct,
  MediaParamsStruct,
  ModelParamsStruct,
  Pointer,
} from "./structs.ts";

/** What a C type of a declaration is in TypeScript. */
interface CTypes {
  void: undefined;
  bool: boolean;
  int32: number;
  uint32: number;
  float: number;
  /** `size_t`, `uint64_t`, `int64_t` values below 2^53 */
  size: number;
  /** NUL-terminated UTF-8; `null` for NULL */
  string: string | null;
  /** An address, or a typed array whose memory C reads or writes during the call. */
  pointer: Pointer | ArrayBufferView | null;
  batch: BatchStruct;
  modelParams: ModelParamsStruct;
  contextParams: ContextParamsStruct;
  mediaParams: MediaParamsStruct;
}
export type CType = keyof CTypes;

export interface Declaration<
  Result extends CType = CType,
  Parameters extends readonly CType[] = readonly CType[],
> {
  /** The shared library that exports the symbol. */
  readonly library: "llama" | "ggml" | "base" | "mtmd";
  readonly result: Result;
  readonly parameters: Parameters;
}

function llama<R extends CType, const P extends readonly CType[]>(
  result: R,
  parameters: P,
): Declaration<R, P> {
  return { library: "llama", result, parameters };
}
function ggml<R extends CType, const P extends readonly CType[]>(
  result: R,
  parameters: P,
): Declaration<R, P> {
  return { library: "ggml", result, parameters };
}
function base<R extends CType, const P extends readonly CType[]>(
  result: R,
  parameters: P,
): Declaration<R, P> {
  return { library: "base", result, parameters };
}

/** Every C function that colloquy calls, as declared in llama.h and ggml-backend.h of llama.cpp 0.5.0. */
export const declarations = {
  // machine
  llama_version: llama("string", []),
  llama_backend_init: llama("void", []),
  llama_numa_init: llama("void", ["int32"]),
  llama_log_set: llama("void", ["pointer", "pointer"]),
  llama_print_system_info: llama("string", []),
  llama_supports_mmap: llama("bool", []),
  llama_supports_mlock: llama("bool", []),
  llama_supports_gpu_offload: llama("bool", []),
  ggml_backend_load_all_from_path: ggml("void", ["string"]),
  ggml_backend_load: ggml("pointer", ["string"]),
  ggml_backend_dev_count: ggml("size", []),
  ggml_backend_dev_get: ggml("pointer", ["size"]),
  ggml_backend_dev_by_type: ggml("pointer", ["int32"]),
  ggml_backend_dev_backend_reg: base("pointer", ["pointer"]),
  ggml_backend_reg_get_proc_address: base("pointer", ["pointer", "string"]),
  ggml_threadpool_params_init: base("void", ["pointer", "int32"]),
  ggml_backend_dev_name: base("string", ["pointer"]),
  ggml_backend_dev_description: base("string", ["pointer"]),
  ggml_backend_dev_type: base("int32", ["pointer"]),
  ggml_backend_dev_memory: base("void", ["pointer", "pointer", "pointer"]),

  // model
  llama_model_default_params: llama("modelParams", []),
  llama_model_load_from_file: llama("pointer", ["string", "modelParams"]),
  llama_model_free: llama("void", ["pointer"]),
  llama_model_get_vocab: llama("pointer", ["pointer"]),
  llama_model_n_ctx_train: llama("int32", ["pointer"]),
  llama_model_n_embd: llama("int32", ["pointer"]),
  llama_model_n_embd_out: llama("int32", ["pointer"]),
  llama_model_n_layer: llama("int32", ["pointer"]),
  llama_model_n_swa: llama("int32", ["pointer"]),
  llama_model_n_cls_out: llama("uint32", ["pointer"]),
  llama_model_desc: llama("int32", ["pointer", "pointer", "size"]),
  llama_model_size: llama("size", ["pointer"]),
  llama_model_n_params: llama("size", ["pointer"]),
  llama_model_has_encoder: llama("bool", ["pointer"]),
  llama_model_has_decoder: llama("bool", ["pointer"]),
  llama_model_is_recurrent: llama("bool", ["pointer"]),
  llama_model_is_hybrid: llama("bool", ["pointer"]),
  llama_adapter_lora_init: llama("pointer", ["pointer", "string"]),
  llama_adapter_lora_free: llama("void", ["pointer"]),
  llama_set_adapters_lora: llama("int32", ["pointer", "pointer", "size", "pointer"]),

  // vocabulary
  llama_vocab_type: llama("int32", ["pointer"]),
  llama_vocab_n_tokens: llama("int32", ["pointer"]),
  llama_vocab_get_text: llama("string", ["pointer", "int32"]),
  llama_vocab_get_attr: llama("int32", ["pointer", "int32"]),
  llama_vocab_is_eog: llama("bool", ["pointer", "int32"]),
  llama_vocab_is_control: llama("bool", ["pointer", "int32"]),
  llama_vocab_bos: llama("int32", ["pointer"]),
  llama_vocab_eos: llama("int32", ["pointer"]),
  llama_vocab_eot: llama("int32", ["pointer"]),
  llama_vocab_sep: llama("int32", ["pointer"]),
  llama_vocab_nl: llama("int32", ["pointer"]),
  llama_vocab_get_add_bos: llama("bool", ["pointer"]),
  llama_vocab_get_add_eos: llama("bool", ["pointer"]),
  llama_vocab_fim_pre: llama("int32", ["pointer"]),
  llama_vocab_fim_suf: llama("int32", ["pointer"]),
  llama_vocab_fim_mid: llama("int32", ["pointer"]),
  llama_tokenize: llama("int32", ["pointer", "pointer", "int32", "pointer", "int32", "bool", "bool"]),
  llama_token_to_piece: llama("int32", ["pointer", "int32", "pointer", "int32", "int32", "bool"]),
  llama_detokenize: llama("int32", ["pointer", "pointer", "int32", "pointer", "int32", "bool", "bool"]),

  // context
  llama_context_default_params: llama("contextParams", []),
  llama_init_from_model: llama("pointer", ["pointer", "contextParams"]),
  llama_free: llama("void", ["pointer"]),
  llama_n_ctx: llama("uint32", ["pointer"]),
  llama_n_ctx_seq: llama("uint32", ["pointer"]),
  llama_n_batch: llama("uint32", ["pointer"]),
  llama_n_ubatch: llama("uint32", ["pointer"]),
  llama_n_seq_max: llama("uint32", ["pointer"]),
  llama_pooling_type: llama("int32", ["pointer"]),
  llama_set_n_threads: llama("void", ["pointer", "int32", "int32"]),
  llama_attach_threadpool: llama("void", ["pointer", "pointer", "pointer"]),
  llama_detach_threadpool: llama("void", ["pointer"]),
  llama_set_abort_callback: llama("void", ["pointer", "pointer", "pointer"]),
  llama_set_embeddings: llama("void", ["pointer", "bool"]),
  llama_decode: llama("int32", ["pointer", "batch"]),
  llama_encode: llama("int32", ["pointer", "batch"]),
  llama_synchronize: llama("void", ["pointer"]),
  llama_get_logits: llama("pointer", ["pointer"]),
  llama_get_logits_ith: llama("pointer", ["pointer", "int32"]),
  llama_get_embeddings_ith: llama("pointer", ["pointer", "int32"]),
  llama_get_embeddings_seq: llama("pointer", ["pointer", "int32"]),

  // memory
  llama_get_memory: llama("pointer", ["pointer"]),
  llama_memory_clear: llama("void", ["pointer", "bool"]),
  llama_memory_seq_rm: llama("bool", ["pointer", "int32", "int32", "int32"]),
  llama_memory_seq_cp: llama("void", ["pointer", "int32", "int32", "int32", "int32"]),
  llama_memory_seq_add: llama("void", ["pointer", "int32", "int32", "int32", "int32"]),
  llama_memory_seq_pos_min: llama("int32", ["pointer", "int32"]),
  llama_memory_seq_pos_max: llama("int32", ["pointer", "int32"]),
  llama_memory_can_shift: llama("bool", ["pointer"]),

  // state
  llama_state_get_size: llama("size", ["pointer"]),
  llama_state_seq_get_size: llama("size", ["pointer", "int32"]),
  llama_state_seq_get_data: llama("size", ["pointer", "pointer", "size", "int32"]),
  llama_state_seq_set_data: llama("size", ["pointer", "pointer", "size", "int32"]),
  llama_state_seq_get_size_ext: llama("size", ["pointer", "int32", "uint32"]),
  llama_state_seq_get_data_ext: llama("size", ["pointer", "pointer", "size", "int32", "uint32"]),
  llama_state_seq_set_data_ext: llama("size", ["pointer", "pointer", "size", "int32", "uint32"]),

  // llama.cpp's own grammar sampler, the oracle of our grammar tests
  llama_sampler_init_grammar: llama("pointer", ["pointer", "string", "string"]),
  llama_sampler_apply: llama("void", ["pointer", "pointer"]),
  llama_sampler_accept: llama("void", ["pointer", "int32"]),
  llama_sampler_free: llama("void", ["pointer"]),
} as const;

type Values<P extends readonly CType[]> = { -readonly [I in keyof P]: CTypes[P[I]] };
type Result<R extends CType> = R extends "pointer" ? Pointer | null : R extends "void" ? void : CTypes[R];

/** A C function: called synchronously, or with `.async` on a pool thread, off the main thread. */
export interface NativeFunction<R extends CType, P extends readonly CType[]> {
  (...values: Values<P>): Result<R>;
  async(...values: Values<P>): Promise<Result<R>>;
}

/** The functions of a table of declarations. */
export type BoundFunctions<Declarations> = {
  readonly [Name in keyof Declarations]: Declarations[Name] extends Declaration<infer R, infer P>
    ? NativeFunction<R, P>
    : never;
};

export type NativeFunctions = BoundFunctions<typeof declarations>;
