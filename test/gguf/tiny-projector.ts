import { closeSync, openSync, readSync } from "node:fs";
import { GgmlType } from "../../src/gguf/ggml-type.ts";
import { readLocalGguf } from "../../src/gguf/read-local-gguf.ts";
import { seededRandom } from "./seeded-random.ts";
import { type WritableTensor, writeGguf } from "./write-gguf.ts";

/** A colour whose components are all 0 or all 255, by its red, green and blue. */
export type PureColour = readonly [0 | 1, 0 | 1, 0 | 1];

export interface ColourWord {
  readonly colour: PureColour;
  /** The token whose embedding stands for the colour. */
  readonly token: number;
}

/** Side of the image and of its patches, pixels: an image has four patches. */
export const projectorImageSide = 16;
const patchSide = 8;

/** Width of the encoder; its layers are not run (a llava encoder leaves its last layer out, and it has only one). */
const width = 8;

/** What a colour that is right gives after the first layer of the projector: there GELU is exact, and it is a power of two. */
const match = 16;

function encoderMetadata(
  projectionWidth: number,
  projector: string,
  blocks: number,
  imageSide = projectorImageSide,
) {
  const float = (value: readonly number[]) => ({
    type: "array" as const,
    elementType: "float32" as const,
    value,
  });
  return {
    "general.architecture": "clip",
    "general.type": "mmproj",
    "clip.has_vision_encoder": true,
    "clip.projector_type": projector,
    "clip.use_gelu": true,
    "clip.vision.image_size": imageSide,
    "clip.vision.patch_size": patchSide,
    "clip.vision.embedding_length": width,
    "clip.vision.feed_forward_length": width,
    "clip.vision.block_count": blocks,
    "clip.vision.projection_dim": projectionWidth,
    "clip.vision.attention.head_count": 1,
    "clip.vision.attention.layer_norm_epsilon": { type: "float32" as const, value: 1e-6 },
    "clip.vision.image_mean": float([0, 0, 0]),
    "clip.vision.image_std": float([1, 1, 1]),
  };
}

function tensor(
  name: string,
  dimensions: readonly number[],
  fill: (index: number) => number = () => 0,
): WritableTensor {
  const size = dimensions.reduce((product, dimension) => product * dimension, 1);
  return { name, dimensions, data: Float32Array.from({ length: size }, (_, index) => fill(index)) };
}

function encoderLayer(index: number, value: () => number = () => 0, kind = "v"): WritableTensor[] {
  const square = ["attn_q", "attn_k", "attn_v", "attn_out", "ffn_up", "ffn_down"];
  const layer = `${kind}.blk.${index}`;
  return [
    ...square.map((name) => tensor(`${layer}.${name}.weight`, [width, width], value)),
    ...["ffn_up", "ffn_down"].map((name) => tensor(`${layer}.${name}.bias`, [width], value)),
    ...["ln1", "ln2"].flatMap((name) => [
      tensor(`${layer}.${name}.weight`, [width], () => 1),
      tensor(`${layer}.${name}.bias`, [width]),
    ]),
  ];
}

/**
 * Writes a llava projector ("mlp") that turns a patch of a pure colour into exactly the embedding that the text model has
 * for a word: then a picture and the words in its place give the same logits.
 *
 * The encoder's first three channels are the mean of red, green and blue. The projector's first layer gives 16 for the
 * colour that is right and at most -16 for every other; GELU keeps the one and makes 0 of the others, without rounding;
 * the second layer holds the embeddings divided by 16.
 */
export function writeColourProjector(path: string, model: string, words: readonly ColourWord[]): void {
  const embeddings = words.map(({ token }) => readEmbedding(model, token));
  const textWidth = embeddings[0]!.length;
  const pixels = patchSide * patchSide;
  const channelOf = (index: number) => Math.floor(index / pixels) % 3;
  const outputOf = (index: number) => Math.floor(index / (3 * pixels));
  writeGguf(path, {
    metadata: encoderMetadata(textWidth, "mlp", 1),
    tensors: [
      tensor("v.patch_embd.weight", [patchSide, patchSide, 3, width], (index) =>
        channelOf(index) === outputOf(index) ? 1 / pixels : 0,
      ),
      tensor("v.position_embd.weight", [width, (projectorImageSide / patchSide) ** 2]),
      ...encoderLayer(0),
      tensor("mm.0.weight", [width, words.length], (index) => {
        const wanted = words[Math.floor(index / width)]!.colour[index % width];
        return wanted === undefined ? 0 : 2 * match * (wanted === 1 ? 1 : -1);
      }),
      tensor("mm.0.bias", [words.length], (index) => {
        const ones = words[index]!.colour.reduce<number>((sum, component) => sum + component, 0);
        return match - 2 * match * ones;
      }),
      tensor("mm.2.weight", [words.length, textWidth], (index) => {
        const word = index % words.length;
        return embeddings[word]![Math.floor(index / words.length)]! / match;
      }),
      tensor("mm.2.bias", [textWidth]),
    ],
  });
}

/**
 * Writes a projector of the kind of Gemma 3, whose cells see each other, with random weights. Every image has four cells.
 * @param imageSide pixels; with 320 an encoding takes about a second, with 16 next to nothing
 */
export function writeRandomGemma3Projector(
  path: string,
  textWidth: number,
  seed: number,
  imageSide = projectorImageSide,
): void {
  const random = seededRandom(seed);
  const value = () => (random() - 0.5) / 2;
  const patches = imageSide / patchSide;
  const blocks = imageSide === projectorImageSide ? 1 : 4;
  writeGguf(path, {
    metadata: {
      ...encoderMetadata(textWidth, "gemma3", blocks, imageSide),
      // Gemma 3 pools patches: a square of them becomes one cell.
      "clip.vision.projector.scale_factor": patches / 2,
    },
    tensors: [
      tensor("v.patch_embd.weight", [patchSide, patchSide, 3, width], value),
      tensor("v.patch_embd.bias", [width], value),
      tensor("v.position_embd.weight", [width, patches ** 2], value),
      ...Array.from({ length: blocks }, (_, index) => encoderLayer(index, value)).flat(),
      tensor("v.post_ln.weight", [width], () => 1),
      tensor("v.post_ln.bias", [width]),
      tensor("mm.soft_emb_norm.weight", [width], () => 1),
      tensor("mm.input_projection.weight", [textWidth, width], value),
    ],
  });
}

/** Frames of a window of 30 seconds of sound, after the second convolution. */
const soundFrames = 1500;
/** Frames that become one cell: a window has {@link soundCells}. */
const stackedFrames = 100;
/** Cells of a sound of up to 30 seconds. */
export const soundCells = soundFrames / stackedFrames;

/** Writes a projector of sounds, of the kind of Ultravox (a Whisper encoder), with random weights. */
export function writeRandomAudioProjector(path: string, textWidth: number, seed: number): void {
  const random = seededRandom(seed);
  const value = () => (random() - 0.5) / 2;
  const melBins = 8;
  const stacked = width * stackedFrames;
  writeGguf(path, {
    metadata: {
      "general.architecture": "clip",
      "general.type": "mmproj",
      "clip.has_audio_encoder": true,
      "clip.projector_type": "ultravox",
      "clip.audio.num_mel_bins": melBins,
      "clip.audio.embedding_length": width,
      "clip.audio.feed_forward_length": width,
      "clip.audio.block_count": 1,
      "clip.audio.projection_dim": textWidth,
      "clip.audio.attention.head_count": 1,
      "clip.audio.attention.layer_norm_epsilon": { type: "float32", value: 1e-5 },
      "clip.audio.projector.stack_factor": stackedFrames,
    },
    tensors: [
      tensor("a.conv1d.1.weight", [3, melBins, width], value),
      tensor("a.conv1d.1.bias", [1, width], value),
      tensor("a.conv1d.2.weight", [3, width, width], value),
      tensor("a.conv1d.2.bias", [1, width], value),
      tensor("a.position_embd.weight", [width, soundFrames], value),
      ...encoderLayer(0, value, "a"),
      ...["attn_q", "attn_v", "attn_out"].map((name) => tensor(`a.blk.0.${name}.bias`, [width], value)),
      tensor("a.post_ln.weight", [width], () => 1),
      tensor("a.post_ln.bias", [width]),
      tensor("mm.a.norm_pre.weight", [stacked], () => 1),
      tensor("mm.a.mlp.1.weight", [stacked, 2 * width], value),
      tensor("mm.a.norm_mid.weight", [width], () => 1),
      tensor("mm.a.mlp.2.weight", [width, textWidth], value),
    ],
  });
}

/** A row of the token embeddings of a model whose table is stored as Q8_0 or F32. */
export function readEmbedding(model: string, token: number): Float32Array {
  const info = readLocalGguf(model);
  const table = info.fullTensorInfo?.find(({ name }) => name === "token_embd.weight");
  if (table === undefined) throw new Error(`"${model}" has no token embeddings`);
  const columns = Number(table.dimensions[0]);
  const isFloat = table.ggmlType === GgmlType.F32;
  if (!isFloat && table.ggmlType !== GgmlType.Q8_0) throw new Error("The embeddings are of another type");
  const rowBytes = isFloat ? 4 * columns : (columns / 32) * 34;
  const row = Buffer.alloc(rowBytes);
  const file = openSync(model, "r");
  readSync(file, row, 0, rowBytes, Number(table.fileOffset) + token * rowBytes);
  closeSync(file);
  if (isFloat) return new Float32Array(row.buffer, row.byteOffset, columns);
  // A block of Q8_0: a scale of 16 bits, then 32 signed bytes.
  return Float32Array.from({ length: columns }, (_, column) => {
    const block = Math.floor(column / 32) * 34;
    return halfToNumber(row.readUInt16LE(block)) * row.readInt8(block + 2 + (column % 32));
  });
}

function halfToNumber(bits: number): number {
  const sign = bits & 0x8000 ? -1 : 1;
  const exponent = (bits >> 10) & 31;
  const fraction = bits & 1023;
  return sign * (exponent === 0 ? fraction * 2 ** -24 : (1 + fraction / 1024) * 2 ** (exponent - 15));
}
