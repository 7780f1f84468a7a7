import { writeFileSync } from "node:fs";

/** Sides of the images and patches of the projector that is written, pixels. */
const imageSide = 224;
const patchSide = 14;
const width = 256;
const layers = 4;

/** Cells that an image takes. */
export const imageCells = (imageSide / patchSide) ** 2;

type Value = string | number | boolean | { readonly floats: readonly number[] };
/** Numbers of value types, in the GGUF format. */
const types = { uint32: 4, float32: 6, bool: 7, string: 8, array: 9 };

function text(value: string): Buffer {
  const bytes = Buffer.from(value, "utf8");
  return Buffer.concat([uint64(bytes.length), bytes]);
}
function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}
function uint64(value: number): Buffer {
  const bytes = Buffer.alloc(8);
  bytes.writeBigUInt64LE(BigInt(value));
  return bytes;
}
function float32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeFloatLE(value);
  return bytes;
}

function typed(value: Value): Buffer[] {
  if (typeof value === "string") return [uint32(types.string), text(value)];
  if (typeof value === "boolean") return [uint32(types.bool), Buffer.from([value ? 1 : 0])];
  if (typeof value === "object")
    return [
      uint32(types.array),
      uint32(types.float32),
      uint64(value.floats.length),
      ...value.floats.map(float32),
    ];
  return Number.isInteger(value)
    ? [uint32(types.uint32), uint32(value)]
    : [uint32(types.float32), float32(value)];
}

function metadataOf(projectionWidth: number): [string, Value][] {
  return [
    ["general.architecture", "clip"],
    ["clip.has_vision_encoder", true],
    ["clip.projector_type", "mlp"],
    ["clip.use_gelu", true],
    ["clip.vision.image_size", imageSide],
    ["clip.vision.patch_size", patchSide],
    ["clip.vision.embedding_length", width],
    ["clip.vision.feed_forward_length", 4 * width],
    ["clip.vision.block_count", layers],
    ["clip.vision.projection_dim", projectionWidth],
    ["clip.vision.attention.head_count", 4],
    ["clip.vision.attention.layer_norm_epsilon", 1e-6],
    ["clip.vision.image_mean", { floats: [0.5, 0.5, 0.5] }],
    ["clip.vision.image_std", { floats: [0.5, 0.5, 0.5] }],
  ];
}

function tensorsOf(projectionWidth: number): [string, number[]][] {
  const layer = (index: number): [string, number[]][] => [
    ...["attn_q", "attn_k", "attn_v", "attn_out"].map((name): [string, number[]] => [
      `v.blk.${index}.${name}.weight`,
      [width, width],
    ]),
    [`v.blk.${index}.ffn_down.weight`, [width, 4 * width]],
    [`v.blk.${index}.ffn_down.bias`, [4 * width]],
    [`v.blk.${index}.ffn_up.weight`, [4 * width, width]],
    [`v.blk.${index}.ffn_up.bias`, [width]],
    ...["ln1.weight", "ln1.bias", "ln2.weight", "ln2.bias"].map((name): [string, number[]] => [
      `v.blk.${index}.${name}`,
      [width],
    ]),
  ];
  return [
    ["v.patch_embd.weight", [patchSide, patchSide, 3, width]],
    ["v.position_embd.weight", [width, imageCells]],
    ...Array.from({ length: layers }, (_, index) => layer(index)).flat(),
    ["mm.0.weight", [width, projectionWidth]],
    ["mm.0.bias", [projectionWidth]],
    ["mm.2.weight", [projectionWidth, projectionWidth]],
    ["mm.2.bias", [projectionWidth]],
  ];
}

/** Writes a llava projector with arbitrary weights: what it costs is real, what it sees is not. */
export function writeArbitraryProjector(path: string, projectionWidth: number): void {
  const metadata = metadataOf(projectionWidth);
  const tensors = tensorsOf(projectionWidth);
  const header: Buffer[] = [Buffer.from("GGUF"), uint32(3), uint64(tensors.length), uint64(metadata.length)];
  for (const [key, value] of metadata) header.push(text(key), ...typed(value));
  const data: Buffer[] = [];
  let offset = 0;
  for (const [name, dimensions] of tensors) {
    const size = dimensions.reduce((product, dimension) => product * dimension, 1);
    header.push(text(name), uint32(dimensions.length), ...dimensions.map(uint64), uint32(0), uint64(offset));
    const weights = Float32Array.from({ length: size }, (_, index) => 0.02 * Math.sin(index * 1.7 + size));
    const padding = (32 - (weights.byteLength % 32)) % 32;
    data.push(Buffer.from(weights.buffer), Buffer.alloc(padding));
    offset += weights.byteLength + padding;
  }
  const length = header.reduce((sum, part) => sum + part.length, 0);
  writeFileSync(path, Buffer.concat([...header, Buffer.alloc((32 - (length % 32)) % 32), ...data]));
}
