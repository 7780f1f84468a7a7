import { type AttentionLayout, attentionLayout } from "./attention-layout.ts";
import { GgmlType, ggmlRowBytes } from "./ggml-type.ts";
import { architectureOf, type GgufFileInfo, type GgufTensorInfo } from "./gguf-file-info.ts";

export interface MemoryEstimateOptions {
  /** Tokens that each sequence can hold. */
  contextSize: number;
  /** Default: 1. */
  sequences?: number;
  /** Whether all sequences share one cache, as they can share beginnings then. Default: true. */
  unified?: boolean;
  /** Storage types of keys and values. Default: F16. */
  kvTypes?: { key?: GgmlType; value?: GgmlType };
  /** Tokens evaluated in one step. Default: 512. */
  batchSize?: number;
  /** Tokens of a step whose logits are kept. Default: `batchSize`. */
  outputsMax?: number;
  /** Default: true, as llama.cpp decides by itself on a CPU. */
  flashAttention?: boolean;
  /** Whether sliding-window layers keep everything, which shifting needs. Default: false. */
  swaFull?: boolean;
  /** Layers on the GPU, the output counting as the last one. Default: 0. */
  gpuLayers?: number;
}

export interface MemoryEstimate {
  /** Tensors of the model. */
  weightsBytes: number;
  /** Keys, values and running states of all sequences. */
  kvBytes: number;
  /** Work space of one step, and the logits. */
  computeBytes: number;
  /** Everything. */
  totalBytes: number;
  /** The part of weights and cache that goes to the GPU, with the work space when any layer is there. */
  gpuBytes: number;
}

/** llama.cpp rounds the number of cells up to this. */
const cellsMultiple = 256;

/**
 * How much memory a model and a context take, from the header alone. Weights and cache are exact for models whose
 * layers attend or run a state; the work space follows what llama.cpp 0.5.0 reports and is good to about a tenth.
 *
 * @example
 * const info = checkGgufFile("model.gguf");
 * estimateMemory(info, {contextSize: 8192}).totalBytes;
 */
export function estimateMemory(info: GgufFileInfo, options: MemoryEstimateOptions): MemoryEstimate {
  const layout = attentionLayout(info);
  const plan = planCells(layout, options);
  const kvByLayer = layout.layers.map((layer) => layerCacheBytes(layer, plan, options));
  const tensors = info.fullTensorInfo ?? [];
  const weightsBytes = sum(tensors.map((tensor) => tensor.sizeBytes));
  const kvBytes = sum(kvByLayer);
  const computeBytes = estimateCompute(info, layout, plan, options);
  const { gpuLayers = 0 } = options;
  const onGpu = layersOnGpu(layout.layers.length, gpuLayers);
  const gpuKv = sum(kvByLayer.filter((_, layer) => onGpu(layer)));
  const gpuWeights = gpuWeightsBytes(tensors, layout.layers.length, onGpu);
  return {
    weightsBytes,
    kvBytes,
    computeBytes,
    totalBytes: weightsBytes + kvBytes + computeBytes,
    gpuBytes: gpuLayers > 0 ? gpuWeights + gpuKv + computeBytes : 0,
  };
}

interface CellPlan {
  /** Cells of full-attention layers, over all streams. */
  cells: number;
  /** Cells of sliding-window layers, over all streams. */
  windowCells: number;
  /** Cells that one step attends to. */
  attendedCells: number;
  attendedWindowCells: number;
  sequences: number;
  batch: number;
}

function planCells(layout: AttentionLayout, options: MemoryEstimateOptions): CellPlan {
  const { contextSize, sequences = 1, unified = true, swaFull = false } = options;
  const batch = Math.min(options.batchSize ?? 512, contextSize * sequences);
  const streams = unified ? 1 : sequences;
  const perStream = roundUp(unified ? contextSize * sequences : contextSize);
  const inWindow = layout.windowTokens * (unified ? sequences : 1) + batch;
  const perWindow = swaFull ? perStream : roundUp(Math.min(perStream, inWindow));
  return {
    cells: perStream * streams,
    windowCells: perWindow * streams,
    attendedCells: perStream,
    attendedWindowCells: layout.windowTokens > 0 ? perWindow : 0,
    sequences,
    batch,
  };
}

function layerCacheBytes(
  layer: AttentionLayout["layers"][number],
  plan: CellPlan,
  { kvTypes = {} }: MemoryEstimateOptions,
): number {
  const { key = GgmlType.F16, value = GgmlType.F16 } = kvTypes;
  const cells = layer.slidingWindow ? plan.windowCells : plan.cells;
  const perCell = ggmlRowBytes(key, layer.keyElements) + ggmlRowBytes(value, layer.valueElements);
  return cells * perCell + plan.sequences * layer.stateElements * 4;
}

/**
 * The step's work space is reused as the graph goes on, so the larger of two moments counts: in a layer (masks,
 * activations, attention scores without flash attention) and at the end (logits). The factors are fitted to the
 * "compute buffer size" that llama.cpp 0.5.0 logs for full-attention, sliding-window and recurrent models.
 */
function estimateCompute(
  info: GgufFileInfo,
  layout: AttentionLayout,
  plan: CellPlan,
  { flashAttention = true, outputsMax }: MemoryEstimateOptions,
): number {
  const { batch } = plan;
  const number = (key: string) => Number(info.metadataValues.get(`${architectureOf(info)}.${key}`)) || 0;
  const embedding = number("embedding_length");
  const feedForward = largest(info, "feed_forward_length");
  const vocabulary = vocabularySize(info);
  const attends = layout.layers.some((layer) => layer.keyElements > 0);
  const inner = number("ssm.inner_size");
  const activations = 4 * embedding + 3 * feedForward + 5 * inner;
  const maskCells = plan.attendedCells + plan.attendedWindowCells;
  const masks = !attends ? 0 : batch * maskCells * (flashAttention ? 2 : 4);
  const scores = flashAttention || !attends ? 0 : batch * plan.attendedCells * layout.headsMax * 4;
  const inLayer = batch * activations * 4 + masks + scores;
  const outputs = Math.min(outputsMax ?? batch, batch);
  const atEnd = 4 * (outputs * vocabulary + 2 * batch * embedding);
  return Math.max(inLayer, atEnd) + plan.sequences * vocabulary * 4;
}

function largest(info: GgufFileInfo, key: string): number {
  const value = info.metadataValues.get(`${architectureOf(info)}.${key}`);
  return Array.isArray(value) ? Math.max(0, ...value.map(Number)) : Number(value ?? 0);
}

function vocabularySize(info: GgufFileInfo): number {
  const tokens = info.metadataValues.get("tokenizer.ggml.tokens");
  if (Array.isArray(tokens)) return tokens.length;
  return info.skippedArrays.get("tokenizer.ggml.tokens")?.length ?? 0;
}

/** llama.cpp fills the GPU from the end: the output first, then the last layers. */
function layersOnGpu(layerCount: number, gpuLayers: number): (layer: number) => boolean {
  const first = Math.max(layerCount + 1 - gpuLayers, 0);
  return (layer) => layer >= first;
}

function gpuWeightsBytes(
  tensors: readonly GgufTensorInfo[],
  layerCount: number,
  onGpu: (layer: number) => boolean,
): number {
  const hasOutput = tensors.some(({ name }) => name === "output.weight");
  const layerOf = ({ name }: GgufTensorInfo) => {
    const block = /^blk\.(\d+)\./.exec(name);
    if (block !== null) return Number(block[1]);
    // Without an output matrix, the one of the embeddings is copied to serve as it.
    if (name === "token_embd.weight") return hasOutput ? -1 : layerCount;
    return name.startsWith("output") ? layerCount : -1;
  };
  return sum(tensors.filter((tensor) => onGpu(layerOf(tensor))).map((tensor) => tensor.sizeBytes));
}

function roundUp(cells: number): number {
  return Math.ceil(cells / cellsMultiple) * cellsMultiple;
}

function sum(values: readonly number[]): number {
  return values.reduce((total, value) => total + value, 0);
}
