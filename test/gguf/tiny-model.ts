import { mkdirSync } from "node:fs";
import { dirname } from "node:path";
import { seededRandom } from "./seeded-random.ts";
import { type TinyVocabulary, tinyVocabulary } from "./tiny-vocabulary.ts";
import { type WritableGguf, type WritableTensor, type WritableValue, writeGguf } from "./write-gguf.ts";

export type TinyArchitecture = "llama" | "gemma3" | "mamba" | "jamba";

export interface TinyModelOptions {
  /**
   * llama: full attention; gemma3: a sliding window in every second layer; mamba: recurrent; jamba: hybrid, every
   * second layer recurrent. Default: llama.
   */
  architecture?: TinyArchitecture;
  /** Default: 1. The same seed gives the same file. */
  seed?: number;
  /** Tokenizer scheme. Default: "spm" for gemma3, else "bpe". */
  vocabulary?: "bpe" | "spm";
  /** Words that are tokens of their own. */
  words?: readonly string[];
  /** Jinja chat template; `null` for a model without one. Default: ChatML. */
  chatTemplate?: string | null;
  /** Context that the model claims to be trained with. Default: 4096. */
  contextLength?: number;
  /** Tokens that a sliding-window layer sees. Default: 32. */
  slidingWindow?: number;
  /** Default: 2 (gemma3: 4). */
  layers?: number;
}

const embedding = 64;
const feedForward = 128;
const heads = 4;
const headsKv = 2;
const headSize = 16;

/**
 * A model of a few hundred kilobytes with seeded random weights, which llama.cpp loads and runs in microseconds.
 * Its text is nonsense but deterministic. It never ends a reply greedily: the end tokens' logits are always 0,
 * far below the best of the others.
 */
export function tinyModel(options: TinyModelOptions = {}): WritableGguf {
  const { architecture = "llama", seed = 1 } = options;
  const scheme = options.vocabulary ?? (architecture === "gemma3" ? "spm" : "bpe");
  const template = options.chatTemplate === null ? "" : options.chatTemplate;
  const vocabulary = tinyVocabulary(scheme, options.words, template);
  if (options.chatTemplate === null) delete vocabulary.metadata["tokenizer.chat_template"];
  const layers = options.layers ?? (architecture === "gemma3" ? 4 : 2);
  const random = new RandomTensors(seed);
  const perLayer = { llama: llamaLayer, gemma3: gemmaLayer, mamba: mambaLayer, jamba: jambaLayer }[
    architecture
  ];
  const tensors = [
    // Gemma multiplies embeddings by the root of their size; the layers would not be heard above that.
    random.matrix(
      "token_embd.weight",
      embedding,
      vocabulary.tokenCount,
      architecture === "gemma3" ? 1 / 8 : 1,
    ),
    outputMatrix(random, vocabulary),
    ones("output_norm.weight", embedding),
    ...Array.from({ length: layers }, (_, layer) => perLayer(random, `blk.${layer}`, layer)).flat(),
  ];
  const shapes = { llama: attentionShape, gemma3: attentionShape, mamba: mambaShape, jamba: jambaShape };
  const shape = shapes[architecture](layers);
  const metadata: Record<string, WritableValue> = {
    "general.architecture": architecture,
    "general.type": "model",
    "general.name": `Tiny random ${architecture}`,
    "general.file_type": 0,
    [`${architecture}.context_length`]: options.contextLength ?? 4096,
    [`${architecture}.embedding_length`]: embedding,
    [`${architecture}.block_count`]: layers,
    [`${architecture}.vocab_size`]: vocabulary.tokenCount,
    ...prefixed(architecture, shape),
    ...vocabulary.metadata,
  };
  if (architecture === "gemma3") {
    metadata["gemma3.attention.sliding_window"] = options.slidingWindow ?? 32;
    metadata["gemma3.attention.sliding_window_pattern"] = 2;
  }
  return { metadata, tensors };
}

/** Writes a tiny model to a file and returns its path. */
export function writeTinyModel(path: string, options: TinyModelOptions = {}): string {
  mkdirSync(dirname(path), { recursive: true });
  writeGguf(path, tinyModel(options));
  return path;
}

function prefixed(architecture: string, shape: Record<string, WritableValue>): Record<string, WritableValue> {
  return Object.fromEntries(Object.entries(shape).map(([key, value]) => [`${architecture}.${key}`, value]));
}

function attentionShape(): Record<string, WritableValue> {
  return {
    feed_forward_length: feedForward,
    "attention.head_count": heads,
    "attention.head_count_kv": headsKv,
    "attention.key_length": headSize,
    "attention.value_length": headSize,
    "attention.layer_norm_rms_epsilon": { type: "float32", value: 1e-5 },
    "rope.dimension_count": headSize,
    "rope.freq_base": { type: "float32", value: 10_000 },
  };
}

const mambaSizes = { inner: 2 * embedding, state: 16, timeStepRank: 4, kernel: 4 };

function mambaShape(): Record<string, WritableValue> {
  return {
    feed_forward_length: 0,
    "attention.head_count": 0,
    "attention.layer_norm_rms_epsilon": { type: "float32", value: 1e-5 },
    "ssm.conv_kernel": mambaSizes.kernel,
    "ssm.inner_size": mambaSizes.inner,
    "ssm.state_size": mambaSizes.state,
    "ssm.time_step_rank": mambaSizes.timeStepRank,
  };
}

function jambaShape(layers: number): Record<string, WritableValue> {
  return {
    ...mambaShape(),
    ...attentionShape(),
    "attention.head_count_kv": Array.from({ length: layers }, (_, layer) => (layer % 2 === 0 ? 0 : headsKv)),
  };
}

function llamaLayer(random: RandomTensors, block: string): WritableTensor[] {
  return [
    ones(`${block}.attn_norm.weight`, embedding),
    random.matrix(`${block}.attn_q.weight`, embedding, heads * headSize),
    random.matrix(`${block}.attn_k.weight`, embedding, headsKv * headSize),
    random.matrix(`${block}.attn_v.weight`, embedding, headsKv * headSize),
    random.matrix(`${block}.attn_output.weight`, heads * headSize, embedding),
    ones(`${block}.ffn_norm.weight`, embedding),
    random.matrix(`${block}.ffn_gate.weight`, embedding, feedForward),
    random.matrix(`${block}.ffn_up.weight`, embedding, feedForward),
    random.matrix(`${block}.ffn_down.weight`, feedForward, embedding),
  ];
}

function gemmaLayer(random: RandomTensors, block: string): WritableTensor[] {
  return [
    ...llamaLayer(random, block),
    ones(`${block}.post_attention_norm.weight`, embedding),
    ones(`${block}.attn_q_norm.weight`, headSize),
    ones(`${block}.attn_k_norm.weight`, headSize),
    ones(`${block}.post_ffw_norm.weight`, embedding),
  ];
}

function mambaLayer(random: RandomTensors, block: string): WritableTensor[] {
  const { inner, state, timeStepRank, kernel } = mambaSizes;
  return [
    ones(`${block}.attn_norm.weight`, embedding),
    random.matrix(`${block}.ssm_in.weight`, embedding, 2 * inner),
    random.matrix(`${block}.ssm_conv1d.weight`, kernel, inner),
    random.matrix(`${block}.ssm_conv1d.bias`, inner, 1),
    random.matrix(`${block}.ssm_x.weight`, inner, timeStepRank + 2 * state),
    random.matrix(`${block}.ssm_dt.weight`, timeStepRank, inner),
    random.matrix(`${block}.ssm_dt.bias`, inner, 1),
    // Decay rates, -1 … -16 as Mamba initialises them: a positive one would make the state explode.
    filled(`${block}.ssm_a`, [state, inner], (index) => -1 - (index % state)),
    ones(`${block}.ssm_d`, inner),
    random.matrix(`${block}.ssm_out.weight`, inner, embedding),
  ];
}

function jambaLayer(random: RandomTensors, block: string, layer: number): WritableTensor[] {
  const attention = llamaLayer(random, block);
  if (layer % 2 === 1) return attention;
  const { state, timeStepRank } = mambaSizes;
  return [
    ...mambaLayer(random, block),
    ...attention.filter(({ name }) => name.includes(".ffn_")),
    ones(`${block}.ssm_dt_norm.weight`, timeStepRank),
    ones(`${block}.ssm_b_norm.weight`, state),
    ones(`${block}.ssm_c_norm.weight`, state),
  ];
}

function outputMatrix(random: RandomTensors, vocabulary: TinyVocabulary): WritableTensor {
  const tensor = random.matrix("output.weight", embedding, vocabulary.tokenCount);
  for (const token of vocabulary.endTokens) {
    (tensor.data as Float32Array).fill(0, token * embedding, (token + 1) * embedding);
  }
  return tensor;
}

function ones(name: string, length: number): WritableTensor {
  return filled(name, [length], () => 1);
}

function filled(name: string, dimensions: number[], value: (index: number) => number): WritableTensor {
  const length = dimensions.reduce((product, dimension) => product * dimension, 1);
  return { name, dimensions, data: Float32Array.from({ length }, (_, index) => value(index)) };
}

/** Seeded normal numbers, scaled so that activations keep their size from layer to layer. */
class RandomTensors {
  readonly #uniform: () => number;

  constructor(seed: number) {
    this.#uniform = seededRandom(seed);
  }

  /** A matrix of `outputs` rows of `inputs` elements; a vector when `outputs` is 1. */
  matrix(name: string, inputs: number, outputs: number, deviation = 1 / Math.sqrt(inputs)): WritableTensor {
    const dimensions = outputs === 1 ? [inputs] : [inputs, outputs];
    return filled(name, dimensions, () => this.#normal() * deviation);
  }

  /** Box and Muller's transform of two uniform numbers. */
  #normal(): number {
    const radius = Math.sqrt(-2 * Math.log(1 - this.#uniform()));
    return radius * Math.cos(2 * Math.PI * this.#uniform());
  }
}
