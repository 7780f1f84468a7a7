import path from "node:path";
import { Disposable } from "../../base/disposable.ts";
import { ColloquyError, InsufficientMemoryError } from "../../base/errors.ts";
import { checkGgufFile } from "../../gguf/check-gguf-file.ts";
import type { GgufFileInfo } from "../../gguf/gguf-file-info.ts";
import type { GrammarVocabulary } from "../../grammar/vocabulary.ts";
import { registerProgress } from "../../native/memory.ts";
import type { Native } from "../../native/native.ts";
import type { Pointer } from "../../native/structs.ts";
import type { LlamaContextOptions } from "../context/context-options.ts";
import { LlamaContext } from "../context/llama-context.ts";
import type { LanguageModel } from "../context-sequence.ts";
import {
  LlamaEmbeddingContext,
  type LlamaEmbeddingContextOptions,
} from "../embedding/llama-embedding-context.ts";
import { LlamaRankingContext, type LlamaRankingContextOptions } from "../embedding/llama-ranking-context.ts";
import type { Llama } from "../llama.ts";
import { LoraAdapters } from "../lora/lora-adapters.ts";
import { SpanRegistry } from "../spans/span-registry.ts";
import { modelFingerprint } from "../state/model-fingerprint.ts";
import type { Token, Tokenizer } from "../token.ts";
import { checkModelOptions, type LlamaModelOptions, loadMode } from "./model-options.ts";
import { findProjectorFile, type ProjectorFile } from "./projector-file.ts";
import type { TokenAttributes } from "./token-attributes.ts";
import { createTokenizer, type LlamaVocabularyType, Vocabulary } from "./vocabulary.ts";

/** A loaded model: its vocabulary and its weights. Made by `llama.loadModel()`. */
export class LlamaModel extends Disposable implements LanguageModel {
  readonly llama: Llama;
  /** Text to tokens, and back with `tokenizer.detokenize`. */
  readonly tokenizer: Tokenizer;
  readonly tokens: ReturnType<Vocabulary["namedTokens"]>;
  /** What the file's header says. */
  readonly fileInfo: GgufFileInfo;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly modelPath: string;
  /** The file of the projector that reads images and sounds, and what it reads; `undefined` when there is none. */
  readonly projectorFile: ProjectorFile | undefined;
  readonly options: LlamaModelOptions;
  /** @internal */
  readonly vocabulary: Vocabulary;
  /** @internal What negative ids in token lists stand for. */
  readonly spans = new SpanRegistry();
  /** @internal */
  readonly pointer: Pointer;
  /** @internal */
  readonly adapters: LoraAdapters;
  readonly #native: Native;
  #fingerprint: string | undefined;

  private constructor(
    llama: Llama,
    pointer: Pointer,
    options: LlamaModelOptions,
    info: GgufFileInfo,
    projector: ProjectorFile | undefined,
  ) {
    super("The model");
    const { functions } = llama.native;
    this.llama = llama;
    this.options = options;
    this.modelPath = options.modelPath;
    this.fileInfo = info;
    this.projectorFile = projector;
    this.metadata = Object.fromEntries(info.metadataValues);
    this.pointer = pointer;
    this.#native = llama.native;
    this.vocabulary = new Vocabulary(functions, functions.llama_model_get_vocab(pointer)!, () =>
      this.scope.check(),
    );
    this.tokens = this.vocabulary.namedTokens();
    this.tokenizer = Object.assign(createTokenizer(this.vocabulary), { namedTokens: this.tokens });
    this.adapters = new LoraAdapters(llama.native, pointer, this.architecture);
    this.scope.add(() => functions.llama_model_free.async(pointer));
  }

  /** @internal */
  static async load(llama: Llama, options: LlamaModelOptions): Promise<LlamaModel> {
    checkModelOptions(options);
    options.loadSignal?.throwIfAborted();
    const modelPath = path.resolve(options.modelPath);
    const info = checkGgufFile(modelPath, { vocabOnly: options.vocabOnly });
    const projector = findProjectorFile(options.mmprojPath, modelPath, info);
    checkFits(llama, info, options);
    const { functions, log } = llama.native;
    const params = functions.llama_model_default_params();
    params.n_gpu_layers = await gpuLayers(llama, info, options);
    params.vocab_only = options.vocabOnly ?? false;
    params.check_tensors = options.checkTensors ?? false;
    params.load_mode = loadMode(options);
    const { loadSignal, onLoadProgress } = options;
    const watch = loadSignal !== undefined || onLoadProgress !== undefined;
    let failure: { readonly error: unknown } | undefined;
    const progress = watch
      ? registerProgress((value) => {
          try {
            onLoadProgress?.(value);
          } catch (error) {
            // An exception cannot pass through native code: the loading ends, then it is thrown.
            failure = { error };
          }
          return failure === undefined && !loadSignal?.aborted;
        })
      : undefined;
    params.progress_callback = progress?.pointer ?? null;
    log.takeRecent();
    let pointer: Pointer | null;
    try {
      pointer = await functions.llama_model_load_from_file.async(modelPath, params);
    } finally {
      progress?.free();
    }
    if (loadSignal?.aborted || failure !== undefined) {
      if (pointer !== null) await functions.llama_model_free.async(pointer);
      throw loadSignal?.aborted ? loadSignal.reason : failure!.error;
    }
    if (pointer === null)
      throw new ColloquyError("model-file-unsupported", `llama.cpp could not load "${modelPath}"`, {
        cause: log.takeRecent() || undefined,
      });
    return new LlamaModel(llama, pointer, { ...options, modelPath }, info, projector);
  }

  /**
   * Makes a context: the memory in which sequences are evaluated.
   * @throws ColloquyError `insufficient-memory`, `invalid-argument`, `disposed`
   */
  async createContext(options: LlamaContextOptions = {}): Promise<LlamaContext> {
    return this.#own(() => LlamaContext.create(this, this.#native, options));
  }

  /**
   * Makes a context that turns texts into vectors.
   * @throws ColloquyError `insufficient-memory`, `invalid-argument`, `unsupported`, `disposed`
   */
  async createEmbeddingContext(options: LlamaEmbeddingContextOptions = {}): Promise<LlamaEmbeddingContext> {
    return this.#own(() => LlamaEmbeddingContext.create(this, this.#native, options));
  }

  /**
   * Makes a context that ranks documents for a query; the model must have been trained for it.
   * @throws ColloquyError `unsupported`, `insufficient-memory`, `invalid-argument`, `disposed`
   */
  async createRankingContext(options: LlamaRankingContextOptions = {}): Promise<LlamaRankingContext> {
    return this.#own(() => LlamaRankingContext.create(this, this.#native, options));
  }

  get tokenize(): Tokenizer {
    return this.tokenizer;
  }
  get detokenize(): Tokenizer["detokenize"] {
    return this.tokenizer.detokenize;
  }
  isSpecialToken(token: Token | undefined): boolean {
    return this.tokenizer.isSpecialToken(token);
  }
  isEogToken(token: Token | undefined): boolean {
    return this.tokenizer.isEogToken(token);
  }
  tokenBytes(token: Token): Uint8Array {
    return this.vocabulary.tokenBytes(token);
  }
  /** The vocabulary as grammars see it, to be read at once. */
  grammarVocabulary(): GrammarVocabulary {
    return this.vocabulary.forGrammars();
  }
  getTokenAttributes(token: Token): TokenAttributes {
    return this.vocabulary.attributes(token);
  }
  *iterateAllTokens(): Generator<Token> {
    for (let id = 0; id < this.vocabulary.size; id++) yield id as Token;
  }

  /** Identifies the model file: states saved with one model are refused by another. */
  get fingerprint(): string {
    this.#fingerprint ??= modelFingerprint(this.modelPath);
    return this.#fingerprint;
  }

  /** Whether chats with this model can hold images. */
  get supportsImages(): boolean {
    return this.projectorFile?.images ?? false;
  }
  /** Whether chats with this model can hold sounds. */
  get supportsAudio(): boolean {
    return this.projectorFile?.audio ?? false;
  }
  get vocabularySize(): number {
    return this.vocabulary.size;
  }
  get vocabularyType(): LlamaVocabularyType {
    return this.vocabulary.type;
  }
  get filename(): string {
    return path.basename(this.modelPath);
  }
  /** The architecture as llama.cpp spells it, e.g. `"llama"`. */
  get architecture(): string {
    return String(this.metadata["general.architecture"]);
  }
  get trainContextSize(): number {
    const trained = this.#native.functions.llama_model_n_ctx_train(this.#alive());
    // With the vocabulary alone, llama.cpp reads nothing of the rest.
    return trained || Number(this.fileInfo.architectureMetadata.context_length ?? 0);
  }
  get embeddingVectorSize(): number {
    return this.#native.functions.llama_model_n_embd(this.#alive());
  }
  /** Bytes of all weights. */
  get size(): number {
    return this.#native.functions.llama_model_size(this.#alive());
  }
  get parameterCount(): number {
    return this.#native.functions.llama_model_n_params(this.#alive());
  }
  get typeDescription(): string {
    const text = new Uint8Array(256);
    const length = this.#native.functions.llama_model_desc(this.#alive(), text, text.length);
    return new TextDecoder().decode(text.subarray(0, length));
  }
  /** Keeps a state per sequence instead of cells: such a model cannot shift. */
  get isRecurrent(): boolean {
    const { functions } = this.#native;
    return (
      functions.llama_model_is_recurrent(this.#alive()) || functions.llama_model_is_hybrid(this.#alive())
    );
  }
  /** Width of the sliding attention window, tokens; 0 for full attention. */
  get slidingWindowSize(): number {
    return Math.max(0, this.#native.functions.llama_model_n_swa(this.#alive()));
  }
  get gpuLayers(): number {
    return this.llama.gpu === false ? 0 : Number(this.options.gpuLayers ?? 0) || 0;
  }

  /** @internal Something that refers to the weights: it is disposed before them. */
  own(dispose: () => Promise<void>): () => void {
    this.scope.check();
    return this.scope.add(dispose);
  }

  /** Ties the life of a context to the model's. */
  async #own<T extends LlamaContext | LlamaEmbeddingContext | LlamaRankingContext>(
    create: () => Promise<T>,
  ): Promise<T> {
    this.scope.check();
    const owned = (async () => {
      const context = await create();
      if (this.disposed) {
        await context.dispose();
        this.scope.check();
      }
      context.onDispose(this.scope.add(() => context.dispose()));
      return context;
    })();
    // The weights are needed until the creation has come to an end, whichever.
    const forget = this.scope.add(() =>
      owned.then(
        () => undefined,
        () => undefined,
      ),
    );
    return owned.finally(forget);
  }

  #alive(): Pointer {
    this.scope.check();
    return this.pointer;
  }
}

function checkFits(llama: Llama, info: GgufFileInfo, options: LlamaModelOptions): void {
  if (options.ignoreMemorySafetyChecks || options.vocabOnly || llama.gpu !== false) return;
  const need = info.totalFileSize;
  // Mapped weights live in the file cache, but a model that is larger than all memory reads its file for every token.
  const total = llama.ramStateSync().total;
  if (need > total)
    throw new InsufficientMemoryError(
      `The model needs ${need} bytes for its weights, this machine has ${total} bytes of memory`,
      { hint: "choose a smaller quantization, or set ignoreMemorySafetyChecks" },
    );
}

/** How many layers go to the device. The share of the free memory decides; a layer is counted as an equal part of the file. */
async function gpuLayers(llama: Llama, info: GgufFileInfo, options: LlamaModelOptions): Promise<number> {
  if (llama.gpu === false) return 0;
  const wanted = options.gpuLayers ?? "auto";
  const layers = Number(info.architectureMetadata.block_count ?? 0) + 1;
  if (wanted === "max") return layers;
  if (typeof wanted === "number") return Math.min(wanted, layers);
  const { free } = await llama.getVramState();
  const room = Math.max(0, free - (await llama.vramPaddingSize()));
  const fitting = Math.min(layers, Math.floor(room / (info.totalFileSize / layers)));
  if (wanted === "auto") return fitting;
  const min = wanted.min ?? 0;
  if (fitting < min)
    throw new InsufficientMemoryError(
      `Only ${fitting} layers fit into the device's memory, gpuLayers.min is ${min}`,
    );
  return Math.min(fitting, wanted.max ?? layers);
}
