import { seededRandom } from "./seeded-random.ts";
import type { WritableGguf, WritableTensor, WritableValue } from "./write-gguf.ts";

export interface TinyBertOptions {
  /** How the vectors of an input's tokens become one; `null` leaves the choice open. Default: mean. */
  pooling?: "mean" | "cls" | "last" | null;
  /** Whether it has a ranking head. Default: false. */
  ranks?: boolean;
  /** Template of the ranking input, as the file spells it. */
  rankingTemplate?: string;
  /** Longest input. Default: 64. */
  contextLength?: number;
  seed?: number;
}

const embedding = 32;
const feedForward = 64;
const layers = 2;
const poolingTypes = { mean: 1, cls: 2, last: 3 };

/**
 * An encoder of a few hundred kilobytes with seeded random weights and BERT's vocabulary scheme: whole words of `words`,
 * and every ASCII letter at the beginning and inside of a word.
 */
export function tinyBert(options: TinyBertOptions = {}): WritableGguf {
  const { pooling = "mean", ranks = false, contextLength = 64, seed = 1 } = options;
  const vocabulary = bertVocabulary();
  const random = seededRandom(seed);
  const matrix = (name: string, inputs: number, outputs: number): WritableTensor => ({
    name,
    dimensions: [inputs, outputs],
    data: Float32Array.from({ length: inputs * outputs }, () => (2 * random() - 1) * Math.sqrt(3 / inputs)),
  });
  const vector = (name: string, value: number): WritableTensor => ({
    name,
    dimensions: [embedding],
    data: new Float32Array(embedding).fill(value),
  });
  const norm = (name: string) => [vector(`${name}.weight`, 1), vector(`${name}.bias`, 0)];
  const layer = (block: string) => [
    ...["attn_q", "attn_k", "attn_v", "attn_output"].map((name) =>
      matrix(`${block}.${name}.weight`, embedding, embedding),
    ),
    ...norm(`${block}.attn_output_norm`),
    matrix(`${block}.ffn_up.weight`, embedding, feedForward),
    matrix(`${block}.ffn_down.weight`, feedForward, embedding),
    ...norm(`${block}.layer_output_norm`),
  ];
  const head = ranks
    ? [
        matrix("cls.weight", embedding, embedding),
        vector("cls.bias", 0),
        matrix("cls.output.weight", embedding, 1),
        { name: "cls.output.bias", dimensions: [1], data: new Float32Array(1) },
      ]
    : [];
  const metadata: Record<string, WritableValue> = {
    "general.architecture": "bert",
    "general.type": "model",
    "general.name": "Tiny random bert",
    "bert.context_length": contextLength,
    "bert.embedding_length": embedding,
    "bert.block_count": layers,
    "bert.feed_forward_length": feedForward,
    "bert.attention.head_count": 2,
    "bert.attention.layer_norm_epsilon": { type: "float32", value: 1e-12 },
    "bert.attention.causal": false,
    ...(pooling === null ? {} : { "bert.pooling_type": poolingTypes[pooling] }),
    ...(ranks ? { "bert.classifier.output_labels": ["LABEL_0"] } : {}),
    ...(options.rankingTemplate ? { "tokenizer.chat_template.rerank": options.rankingTemplate } : {}),
    ...vocabulary.metadata,
  };
  const tensors = [
    matrix("token_embd.weight", embedding, vocabulary.tokenCount),
    matrix("token_types.weight", embedding, 2),
    matrix("position_embd.weight", embedding, contextLength),
    ...norm("token_embd_norm"),
    ...Array.from({ length: layers }, (_, index) => layer(`blk.${index}`)).flat(),
    ...head,
  ];
  return { metadata, tensors };
}

function bertVocabulary() {
  const special = ["[PAD]", "[UNK]", "[CLS]", "[SEP]", "[MASK]"];
  const words = ["a", "cat", "dog", "house", "the", "sat", "on", "what", "is"];
  const letters = Array.from({ length: 26 }, (_, index) => String.fromCharCode(97 + index));
  // The converter writes whole words with a mark before them, and the continuations that BERT writes ## without one.
  const pieces = [...new Set([...words, ...letters])].map((word) => `\u2581${word}`);
  const tokens = [...special, ...pieces, ...letters, "\u2581.", "\u2581?"];
  return {
    tokenCount: tokens.length,
    metadata: {
      "tokenizer.ggml.model": "bert",
      "tokenizer.ggml.pre": "default",
      "tokenizer.ggml.tokens": tokens,
      "tokenizer.ggml.token_type": {
        type: "array",
        elementType: "int32",
        value: tokens.map((_, index) => (index < special.length ? 3 : 1)),
      },
      "tokenizer.ggml.token_type_count": 2,
      "tokenizer.ggml.unknown_token_id": 1,
      "tokenizer.ggml.bos_token_id": 2,
      "tokenizer.ggml.seperator_token_id": 3,
      "tokenizer.ggml.padding_token_id": 0,
      "tokenizer.ggml.cls_token_id": 2,
      "tokenizer.ggml.mask_token_id": 4,
    } satisfies Record<string, WritableValue>,
  };
}
