import { architectureOf, type GgufFileInfo, type MetadataValue } from "./gguf-file-info.ts";

/** What one layer keeps of the past, as far as memory is concerned. */
export interface LayerLayout {
  /** Elements of keys per token; 0 in a layer without a cache of its own. */
  keyElements: number;
  /** Elements of values per token. */
  valueElements: number;
  /** Whether only the last tokens are kept. */
  slidingWindow: boolean;
  /** Elements of the running state per sequence; 0 in a layer of attention. */
  stateElements: number;
}

export interface AttentionLayout {
  layers: LayerLayout[];
  /** Tokens that sliding-window layers see; 0 without such layers. */
  windowTokens: number;
  /** Largest number of query heads of a layer. */
  headsMax: number;
}

/** Period of full attention among sliding-window layers where the file does not state it, as in llama.cpp's models/. */
const windowPeriods: Readonly<Record<string, { period: number; fullFirst?: true }>> = {
  afmoe: { period: 4 },
  cohere2: { period: 4 },
  cohere2moe: { period: 4, fullFirst: true },
  "exaone-moe": { period: 4 },
  exaone4: { period: 4 },
  "gemma-embedding": { period: 6 },
  gemma2: { period: 2 },
  gemma3: { period: 6 },
  gemma3n: { period: 5 },
  "gpt-oss": { period: 2 },
  laguna: { period: 4, fullFirst: true },
  llama4: { period: 4 },
  mellum: { period: 4 },
  "modern-bert": { period: 3, fullFirst: true },
  "muse-glimmer": { period: 4 },
  olmo2: { period: 4 },
  plamo3: { period: 8 },
  smallthinker: { period: 4, fullFirst: true },
};

const attentionTensors = ["attn_k.", "attn_qkv.", "attn_kv_a_mqa.", "attn_kv_b."];
const recurrentTensors = ["ssm_", "time_mix_", "shortconv."];

/**
 * Reads off a model's header what its layers keep per token and per sequence. Which layers attend and which run a
 * state is seen in their tensors; sizes follow llama-hparams.cpp of llama.cpp 0.5.0.
 */
export function attentionLayout(info: GgufFileInfo): AttentionLayout {
  const keys = new ArchitectureKeys(info);
  const layerCount = keys.number("block_count");
  const kinds = tensorsByLayer(info, layerCount);
  const window = keys.number("attention.sliding_window");
  const slides = window > 0 ? windowLayers(keys, architectureOf(info)) : () => false;
  const withOwnCache = layerCount - keys.number("attention.shared_kv_layers");
  const stateElements = recurrentState(keys);
  const layers = kinds.map((names, layer): LayerLayout => {
    const attends = layer < withOwnCache && hasAny(names, attentionTensors);
    const slidingWindow = attends && slides(layer);
    const cache = attends ? cacheElements(keys, layer, slidingWindow) : { keyElements: 0, valueElements: 0 };
    return { ...cache, slidingWindow, stateElements: hasAny(names, recurrentTensors) ? stateElements : 0 };
  });
  const windowTokens = layers.some((layer) => layer.slidingWindow) ? window : 0;
  return { layers, windowTokens, headsMax: keys.largest("attention.head_count") };
}

class ArchitectureKeys {
  readonly #info: GgufFileInfo;

  constructor(info: GgufFileInfo) {
    this.#info = info;
  }

  value(key: string): MetadataValue | undefined {
    return this.#info.metadataValues.get(`${architectureOf(this.#info)}.${key}`);
  }

  number(key: string, absent = 0): number {
    const value = this.value(key);
    return typeof value === "number" ? value : absent;
  }

  /** A number for all layers, or one for each. */
  ofLayer(key: string, layer: number): number | undefined {
    const value = this.value(key);
    const own = Array.isArray(value) ? value[layer] : value;
    return typeof own === "number" ? own : undefined;
  }

  largest(key: string): number {
    const value = this.value(key);
    return Array.isArray(value) ? Math.max(0, ...value.map(Number)) : this.number(key);
  }
}

function hasAny(names: readonly string[], beginnings: readonly string[]): boolean {
  return names.some((name) => beginnings.some((beginning) => name.startsWith(beginning)));
}

function tensorsByLayer(info: GgufFileInfo, layerCount: number): string[][] {
  const layers = Array.from({ length: layerCount }, (): string[] => []);
  for (const { name } of info.fullTensorInfo ?? []) {
    const match = /^blk\.(\d+)\.(.+)$/.exec(name);
    if (match !== null) layers[Number(match[1])]?.push(match[2]!);
  }
  return layers;
}

function cacheElements(keys: ArchitectureKeys, layer: number, slides: boolean) {
  const heads = keys.ofLayer("attention.head_count", layer) ?? 0;
  const headsKv = keys.ofLayer("attention.head_count_kv", layer) ?? heads;
  const size = heads > 0 ? keys.number("embedding_length") / heads : 0;
  const lengthOf = (kind: "key" | "value") => {
    const full = keys.number(`attention.${kind}_length`, size);
    return slides ? keys.number(`attention.${kind}_length_swa`, full) : full;
  };
  // Multi-head latent attention keeps one compressed vector, and its values are a part of it.
  const latent = keys.number("attention.key_length_mla") > 0;
  return { keyElements: headsKv * lengthOf("key"), valueElements: latent ? 0 : headsKv * lengthOf("value") };
}

function windowLayers(keys: ArchitectureKeys, architecture: string): (layer: number) => boolean {
  const stated = keys.value("attention.sliding_window_pattern");
  if (Array.isArray(stated)) return (layer) => Boolean(stated[layer]);
  const known = windowPeriods[architecture];
  // Elsewhere the key is there, and llama.cpp attends to everything all the same.
  if (known === undefined) return () => false;
  const period = typeof stated === "number" ? stated : known.period;
  if (period === 0) return () => true;
  return (layer) => (known.fullFirst ? layer % period !== 0 : layer % period < period - 1);
}

/** Elements of convolution and running state: n_embd_r + n_embd_s of llama-hparams.cpp. */
function recurrentState(keys: ArchitectureKeys): number {
  const embedding = keys.number("embedding_length");
  const wkvHead = keys.number("wkv.head_size");
  if (wkvHead > 0) return embedding * (keys.number("token_shift_count", 2) + wkvHead);
  const shortConvolution = keys.number("shortconv.l_cache");
  if (shortConvolution > 0) return embedding * (shortConvolution - 1);
  const inner = keys.number("ssm.inner_size");
  const state = keys.number("ssm.state_size");
  const width = inner + 2 * keys.number("ssm.group_count") * state;
  return Math.max(0, keys.number("ssm.conv_kernel") - 1) * width + state * inner;
}
