import { seededRandom } from "./seeded-random.ts";
import type { WritableGguf, WritableTensor, WritableValue } from "./write-gguf.ts";

export interface TinyLoraOptions {
  /** The model that it changes: as `tinyModel()` wrote it. */
  base: WritableGguf;
  /** Names of the weights that it changes. Default: queries and outputs of the first layer. */
  targets?: readonly string[];
  seed?: number;
  /** Metadata in place of what an adapter has, for files that must be refused. */
  metadata?: Readonly<Record<string, WritableValue>>;
}

const rank = 4;

/** A LoRA adapter with seeded random weights for a tiny model. */
export function tinyLora(options: TinyLoraOptions): WritableGguf {
  const { base, targets = ["blk.0.attn_q.weight", "blk.0.ffn_down.weight"] } = options;
  const random = seededRandom(options.seed ?? 1);
  const matrix = (name: string, inputs: number, outputs: number): WritableTensor => ({
    name,
    dimensions: [inputs, outputs],
    data: Float32Array.from({ length: inputs * outputs }, () => (2 * random() - 1) / 2),
  });
  const tensors = targets.flatMap((name) => {
    const [inputs = 1, outputs = 1] = base.tensors?.find((tensor) => tensor.name === name)?.dimensions ?? [];
    return [matrix(`${name}.lora_a`, inputs, rank), matrix(`${name}.lora_b`, rank, outputs)];
  });
  const metadata = {
    "general.type": "adapter",
    "general.architecture": (base.metadata as Record<string, WritableValue>)["general.architecture"]!,
    "adapter.type": "lora",
    "adapter.lora.alpha": { type: "float32", value: rank } satisfies WritableValue,
    ...options.metadata,
  };
  return { metadata, tensors };
}
