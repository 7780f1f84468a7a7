import { ColloquyError } from "../base/errors.ts";
import { architectureOf, type GgufFileInfo, type MetadataValue } from "./gguf-file-info.ts";

/** LLAMA_MAX_LAYERS and LLAMA_MAX_EXPERTS of llama.cpp 0.5.0. */
const layersMax = 512;
const expertsMax = 1024;
const ropeScalingTypes = ["none", "linear", "yarn", "longrope"];

/**
 * Checks the numbers that llama.cpp asserts on while it loads: a wrong one there ends the process
 * (`GGML_ASSERT` in `load_hparams` of llama-model.cpp), here it is an error.
 */
export function checkModelShape(info: GgufFileInfo, name: string): void {
  const shape = new Shape(info, name);
  const layers = shape.integer("block_count", 1, layersMax) ?? shape.missing("block_count");
  shape.integer("context_length", 1) ?? shape.missing("context_length");
  shape.integer("embedding_length", 1) ?? shape.missing("embedding_length");
  shape.integer("nextn_predict_layers", 0, layers);
  checkExperts(shape);
  for (const key of ["attention.head_count", "attention.head_count_kv", "feed_forward_length"]) {
    shape.perLayer(key, layers);
  }
  const scaling = shape.value("rope.scaling.type");
  if (scaling !== undefined && !ropeScalingTypes.includes(String(scaling))) {
    shape.refuse("rope.scaling.type", `is "${scaling}", which llama.cpp does not know`);
  }
  checkVocabulary(info, name);
}

class Shape {
  readonly #info: GgufFileInfo;
  readonly #name: string;

  constructor(info: GgufFileInfo, name: string) {
    this.#info = info;
    this.#name = name;
  }

  value(key: string): MetadataValue | undefined {
    return this.#info.metadataValues.get(`${architectureOf(this.#info)}.${key}`);
  }

  refuse(key: string, message: string): never {
    const full = `${architectureOf(this.#info)}.${key}`;
    throw new ColloquyError(
      "model-file-invalid",
      `"${this.#name}" is not a usable model: its "${full}" ${message}`,
    );
  }

  missing(key: string): never {
    return this.refuse(key, "is missing");
  }

  integer(key: string, min: number, max = 0x7fff_ffff): number | undefined {
    const value = this.value(key);
    if (value === undefined) return undefined;
    if (typeof value !== "number" || !Number.isInteger(value) || value < min || value > max) {
      this.refuse(key, `is ${String(value)}, and must be a whole number from ${min} to ${max}`);
    }
    return value;
  }

  /** A number for all layers, or an array with one for each. */
  perLayer(key: string, layers: number): void {
    const value = this.value(key);
    if (Array.isArray(value) && value.length < layers) {
      this.refuse(key, `has ${value.length} entries for ${layers} layers`);
    }
    const all = Array.isArray(value) ? value : value === undefined ? [] : [value];
    if (!all.every((item) => typeof item === "number" && Number.isInteger(item) && item >= 0)) {
      this.refuse(key, "must hold whole numbers");
    }
  }
}

function checkExperts(shape: Shape): void {
  const experts = shape.integer("expert_count", 0, expertsMax) ?? 0;
  const used = shape.value("expert_used_count");
  const usedMax = Array.isArray(used) ? Math.max(0, ...used.map(Number)) : Number(used ?? 0);
  // These architectures write a single expert for what is a dense model.
  if (experts <= 1 && usedMax <= experts) return;
  if (!(usedMax >= 1 && usedMax <= experts)) {
    shape.refuse("expert_used_count", `is ${usedMax}, with ${experts} experts in the model`);
  }
  const groups = shape.integer("expert_group_count", 0) ?? 0;
  if (groups <= 1) return;
  if (groups >= experts || experts % groups !== 0) {
    shape.refuse("expert_group_count", `is ${groups}, with ${experts} experts in the model`);
  }
  const groupsUsed = shape.integer("expert_group_used_count", 1) ?? 0;
  if (groupsUsed < 1 || groupsUsed >= groups) {
    shape.refuse("expert_group_used_count", `is ${groupsUsed}, with ${groups} groups`);
  }
}

/** Scores and types are read by token index natively: shorter arrays would be read past their end. */
function checkVocabulary(info: GgufFileInfo, name: string): void {
  const lengthOf = (key: string) => {
    const value = info.metadataValues.get(key);
    return Array.isArray(value) ? value.length : info.skippedArrays.get(key)?.length;
  };
  const tokens = lengthOf("tokenizer.ggml.tokens");
  const refuse = (message: string): never => {
    throw new ColloquyError("model-file-invalid", `"${name}" is not a usable model: ${message}`);
  };
  if (tokens === undefined) {
    const model = info.metadataValues.get("tokenizer.ggml.model");
    if (model === "none" || model === "no_vocab") return;
    refuse("it has no vocabulary (tokenizer.ggml.tokens)");
  }
  for (const key of ["tokenizer.ggml.scores", "tokenizer.ggml.token_type"]) {
    const length = lengthOf(key);
    if (length !== undefined && length !== tokens) {
      refuse(`"${key}" has ${length} entries for ${tokens} tokens`);
    }
  }
}
