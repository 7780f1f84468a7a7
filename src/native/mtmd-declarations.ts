import type { BoundFunctions, CType, Declaration } from "./declarations.ts";

function mtmd<R extends CType, const P extends readonly CType[]>(
  result: R,
  parameters: P,
): Declaration<R, P> {
  return { library: "mtmd", result, parameters };
}

/** Every function of libmtmd that colloquy calls, as declared in mtmd.h and mtmd-helper.h of llama.cpp 0.5.0. */
export const mtmdDeclarations = {
  // of a file that is compiled along, see media/library/compile-library.ts
  /** Names the build. */
  colloquy_media_build: mtmd("string", []),
  /** `mtmd_init_from_file` with the address of a byte: encodings end as soon as it is not 0. */
  colloquy_media_load: mtmd("pointer", ["string", "pointer", "mediaParams", "pointer"]),
  /** Bytes of a file, their number, sample rate, most samples; how many samples there are. */
  colloquy_media_read_sound: mtmd("pointer", ["pointer", "size", "uint32", "size", "pointer"]),
  colloquy_media_free_sound: mtmd("void", ["pointer"]),

  mtmd_helper_log_set: mtmd("void", ["pointer", "pointer"]),

  // projector
  mtmd_context_params_default: mtmd("mediaParams", []),
  mtmd_free: mtmd("void", ["pointer"]),
  mtmd_support_vision: mtmd("bool", ["pointer"]),
  mtmd_support_audio: mtmd("bool", ["pointer"]),
  mtmd_decode_use_mrope: mtmd("bool", ["pointer"]),
  mtmd_decode_use_non_causal: mtmd("bool", ["pointer", "pointer"]),
  /** Hz; -1 where sounds are not read. */
  mtmd_get_audio_sample_rate: mtmd("int32", ["pointer"]),
  mtmd_get_marker: mtmd("string", ["pointer"]),

  // input
  mtmd_bitmap_init: mtmd("pointer", ["uint32", "uint32", "pointer"]),
  mtmd_bitmap_init_from_audio: mtmd("pointer", ["size", "pointer"]),
  mtmd_bitmap_free: mtmd("void", ["pointer"]),

  // chunks
  mtmd_input_chunks_init: mtmd("pointer", []),
  mtmd_input_chunks_free: mtmd("void", ["pointer"]),
  mtmd_input_chunks_size: mtmd("size", ["pointer"]),
  mtmd_input_chunks_get: mtmd("pointer", ["pointer", "size"]),
  mtmd_tokenize: mtmd("int32", ["pointer", "pointer", "pointer", "pointer", "size"]),
  mtmd_input_chunk_get_type: mtmd("int32", ["pointer"]),
  mtmd_input_chunk_get_tokens_text: mtmd("pointer", ["pointer", "pointer"]),
  mtmd_input_chunk_get_n_tokens: mtmd("size", ["pointer"]),
  mtmd_input_chunk_get_n_pos: mtmd("int32", ["pointer"]),

  // evaluation
  llama_model_n_embd_inp: { library: "llama", result: "int32", parameters: ["pointer"] },
  mtmd_encode_chunk: mtmd("int32", ["pointer", "pointer"]),
  mtmd_get_output_embd: mtmd("pointer", ["pointer"]),
  mtmd_helper_decode_image_chunk: mtmd("int32", [
    "pointer",
    "pointer",
    "pointer",
    "pointer",
    "int32",
    "int32",
    "int32",
    "pointer",
    "pointer",
    "pointer",
  ]),
} as const;

export type MtmdFunctions = BoundFunctions<typeof mtmdDeclarations>;
