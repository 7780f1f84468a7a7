import type { GgufArchitectureType } from "./gguf-architecture-type.ts";
import type { GgufFileType } from "./gguf-file-type.ts";

/** What a token is for: values of `tokenizer.ggml.token_type`. */
export const GgufMetadataTokenizerTokenType = {
  undefined: 0,
  normal: 1,
  unknown: 2,
  control: 3,
  userDefined: 4,
  unused: 5,
  byte: 6,
} as const;
export type GgufMetadataTokenizerTokenType =
  (typeof GgufMetadataTokenizerTokenType)[keyof typeof GgufMetadataTokenizerTokenType];

/** How an embedding model makes one vector of a text. */
export const GgufMetadataArchitecturePoolingType = {
  unspecified: -1,
  none: 0,
  mean: 1,
  cls: 2,
  last: 3,
  rank: 4,
} as const;
export type GgufMetadataArchitecturePoolingType =
  (typeof GgufMetadataArchitecturePoolingType)[keyof typeof GgufMetadataArchitecturePoolingType];

/** Keys under `general.`: what the file says about itself. */
export interface GgufMetadataGeneral<A extends GgufArchitectureType = GgufArchitectureType> {
  readonly architecture: A;
  readonly quantization_version?: number;
  /** Alignment of tensor data in bytes, 32 when absent. */
  readonly alignment?: number;
  readonly type?: string;
  readonly name?: string;
  readonly basename?: string;
  readonly size_label?: string;
  readonly author?: string;
  readonly url?: string;
  readonly description?: string;
  readonly license?: string;
  readonly file_type?: GgufFileType;
  readonly [key: string]: unknown;
}

/** Keys under `tokenizer.`. Arrays of vocabulary size are present only when asked for with `readArrays`. */
export interface GgufMetadataTokenizer {
  readonly ggml: {
    readonly model: string;
    readonly pre?: string;
    readonly tokens?: readonly string[];
    readonly token_type?: readonly GgufMetadataTokenizerTokenType[];
    readonly scores?: readonly number[];
    readonly merges?: readonly string[];
    readonly bos_token_id?: number;
    readonly eos_token_id?: number;
    readonly eot_token_id?: number;
    readonly eom_token_id?: number;
    readonly unknown_token_id?: number;
    readonly seperator_token_id?: number;
    readonly padding_token_id?: number;
    readonly add_bos_token?: boolean;
    readonly add_eos_token?: boolean;
    readonly add_space_prefix?: boolean;
    readonly fim_pre_token_id?: number;
    readonly fim_suf_token_id?: number;
    readonly fim_mid_token_id?: number;
    readonly [key: string]: unknown;
  };
  /** The model's Jinja chat template. */
  readonly chat_template?: string;
  readonly [key: string]: unknown;
}

/** Keys under an architecture's name: the shape of the network. One type for all of them; a file has what it needs. */
export interface GgufMetadataDefaultArchitectureType {
  readonly vocab_size?: number;
  /** Tokens of context that the model was trained with. */
  readonly context_length?: number;
  readonly embedding_length?: number;
  /** Number of layers. */
  readonly block_count?: number;
  readonly feed_forward_length?: number | readonly number[];
  readonly expert_count?: number;
  readonly expert_used_count?: number;
  readonly pooling_type?: GgufMetadataArchitecturePoolingType;
  readonly attention?: {
    readonly head_count?: number | readonly number[];
    readonly head_count_kv?: number | readonly number[];
    readonly key_length?: number;
    readonly value_length?: number;
    readonly sliding_window?: number;
    readonly sliding_window_pattern?: number | readonly boolean[];
    readonly layer_norm_epsilon?: number;
    readonly layer_norm_rms_epsilon?: number;
    readonly causal?: boolean;
    readonly [key: string]: unknown;
  };
  readonly rope?: {
    readonly dimension_count?: number;
    readonly freq_base?: number;
    readonly scaling?: { readonly type?: string; readonly factor?: number; readonly [key: string]: unknown };
    readonly [key: string]: unknown;
  };
  readonly ssm?: {
    readonly conv_kernel?: number;
    readonly inner_size?: number;
    readonly state_size?: number;
    readonly time_step_rank?: number;
    readonly group_count?: number;
  };
  readonly [key: string]: unknown;
}

/** Metadata of a file, nested by the dots of its keys. */
export type GgufMetadata<A extends GgufArchitectureType = GgufArchitectureType> = {
  readonly general: GgufMetadataGeneral<A>;
  readonly tokenizer?: GgufMetadataTokenizer;
  readonly split?: {
    readonly no?: number;
    readonly count?: number;
    readonly tensors?: { readonly count?: number };
  };
} & { readonly [Key in A]?: GgufMetadataDefaultArchitectureType };

/**
 * Narrows metadata to one architecture, so that its keys can be read with their types.
 *
 * @example
 * const {metadata} = await readGgufFileInfo("model.gguf");
 * if (isGgufMetadataOfArchitectureType(metadata, GgufArchitectureType.mamba)) metadata.mamba?.ssm?.state_size;
 */
export function isGgufMetadataOfArchitectureType<A extends GgufArchitectureType>(
  metadata: GgufMetadata,
  architecture: A,
): metadata is GgufMetadata<A> & GgufMetadata {
  return metadata.general.architecture === architecture;
}
