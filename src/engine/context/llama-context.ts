import { Disposable } from "../../base/disposable.ts";
import { InvalidArgumentError, UnsupportedError } from "../../base/errors.ts";
import { estimateMemory } from "../../gguf/estimate-memory.ts";
import { llamaCppVersion, type Native } from "../../native/native.ts";
import type { ContextParamsStruct, Pointer } from "../../native/structs.ts";
import { createThreadPool } from "../../native/thread-pool.ts";
import { draftTokensMax } from "../drafts/draft-policy.ts";
import { InputLookupTokenPredictor } from "../drafts/input-lookup-token-predictor.ts";
import type { Llama } from "../llama.ts";
import { type LlamaLogLevel, LlamaLogLevelGreaterThanOrEqual } from "../log-level.ts";
import { activateAdapters } from "../lora/lora-adapters.ts";
import { resolveLoraOptions } from "../lora/lora-options.ts";
import type { LlamaModel } from "../model/llama-model.ts";
import { NativeDecoder } from "../scheduler/decoder.ts";
import { stepTokensMax } from "../scheduler/plan-batch.ts";
import { Scheduler, type SchedulerStats } from "../scheduler/scheduler.ts";
import { StateDirectory } from "../state/state-directory.ts";
import { usableCores } from "../threads/usable-cores.ts";
import {
  checkContextOptions,
  isQuantised,
  type KvCacheType,
  keyType,
  kvCacheTypes,
  type LlamaContextOptions,
  valueType,
} from "./context-options.ts";
import { resolveContextSize } from "./context-size.ts";
import { createNativeContext } from "./create-native-context.ts";
import { LlamaContextSequence, type SequenceOptions } from "./llama-context-sequence.ts";
import { SequenceStore } from "./sequence-store.ts";
import { createThreadPolicy } from "./thread-policy.ts";

/** Figures of a context since it was made. */
export interface LlamaContextStats extends Readonly<SchedulerStats> {
  /** Threads that the next decode uses. */
  readonly threads: number;
  readonly sequences: number;
  /** Tokens that living sequences hold; shared cells are counted once for each. */
  readonly heldTokens: number;
}

/** The memory in which sequences of one model are evaluated, all in one cache. Made by `model.createContext()`. */
export class LlamaContext extends Disposable {
  readonly model: LlamaModel;
  /** Room of each sequence, tokens. */
  readonly contextSize: number;
  /** Tokens that one call evaluates at most. */
  readonly batchSize: number;
  readonly totalSequences: number;
  readonly flashAttention: boolean | "auto";
  readonly kvCacheKeyType: KvCacheType;
  readonly kvCacheValueType: KvCacheType;
  /** Whether cached cells can be moved to other positions. */
  readonly canShift: boolean;
  /** @internal */
  readonly store: SequenceStore;
  /** @internal What a saved state depends on besides the model. */
  readonly stateLayout: string;
  readonly #native: Native;
  readonly #pointer: Pointer;
  readonly #scheduler: Scheduler;
  readonly #idealThreads: number;
  readonly #swaFull: boolean;
  #printed = { decodes: 0, tokens: 0, decodeMs: 0 };

  private constructor(model: LlamaModel, native: Native, pointer: Pointer, options: ResolvedOptions) {
    super("The context");
    const { functions } = native;
    this.model = model;
    this.contextSize = options.contextSize;
    this.totalSequences = options.sequences;
    this.flashAttention = options.flashAttention;
    this.kvCacheKeyType = options.kvCacheKeyType;
    this.kvCacheValueType = options.kvCacheValueType;
    this.stateLayout = options.stateLayout;
    this.#native = native;
    this.#pointer = pointer;
    const decoder = new NativeDecoder(
      native,
      pointer,
      functions.llama_n_batch(pointer),
      model.vocabularySize,
      options.threads > 1 ? createThreadPool(native, options.threads) : undefined,
    );
    this.batchSize = decoder.batchSize;
    this.#idealThreads = options.threads;
    this.#swaFull = options.swaFull;
    const memory = functions.llama_get_memory(pointer);
    this.canShift = memory !== null && options.canCut && functions.llama_memory_can_shift(memory);
    this.#scheduler = new Scheduler(decoder, {
      promptChunkMax: options.promptChunkSize,
      threads: createThreadPolicy(options.threads, options.minThreads),
    });
    this.store = new SequenceStore({
      functions,
      context: pointer,
      memory,
      scheduler: this.#scheduler,
      totalSequences: options.sequences,
      canShift: this.canShift,
      contextSize: options.contextSize,
      canShare: memory !== null && options.canCut,
      canCut: options.canCut,
      slidingWindow: model.slidingWindowSize,
      spans: model.spans,
      batchSize: decoder.batchSize,
      allowDecoding: () => decoder.allowDecoding(),
      prefixCacheBytes: memory === null ? 0 : options.prefixCacheBytes,
      stateDirectory: options.stateDirectory,
      recentLog: () => native.log.takeRecent(),
    });
    this.scope.add(async () => {
      await functions.llama_free.async(pointer);
      decoder.free();
    });
    this.scope.add(() => this.#scheduler.close());
  }

  /** @internal */
  static async create(
    model: LlamaModel,
    native: Native,
    options: LlamaContextOptions,
  ): Promise<LlamaContext> {
    checkContextOptions(options);
    options.createSignal?.throwIfAborted();
    const lora = resolveLoraOptions(options.lora);
    // Before the context: llama.cpp plans its graphs for the adapters that are there.
    const adapters = await model.adapters.load(lora, options.createSignal);
    const resolved = await resolveOptions(model, options, adapters.fingerprint);
    const params = contextParams(native, options, resolved);
    const room = {
      text: `of ${resolved.contextSize} tokens`,
      hint: "try a smaller contextSize or fewer sequences",
    };
    const pointer = await createNativeContext(model, native, params, room, options.createSignal);
    activateAdapters(native, pointer, adapters);
    return new LlamaContext(model, native, pointer, resolved);
  }

  /**
   * A sequence: one conversation's place in the context.
   * @throws ColloquyError `range` when all sequences are taken
   */
  getSequence(options: SequenceOptions = {}): LlamaContextSequence {
    this.scope.check();
    const { tokenPredictor } = options;
    if (tokenPredictor !== undefined && !(tokenPredictor instanceof InputLookupTokenPredictor))
      throw new UnsupportedError("tokenPredictor: only InputLookupTokenPredictor is offered", {
        hint: "without the option, replies are drafted from earlier text where that pays",
      });
    const held = this.store.take(options.checkpoints);
    const sequence = new LlamaContextSequence(this, this.store, held, options);
    sequence.onDispose(this.scope.add(() => sequence.dispose()));
    return sequence;
  }

  get sequencesLeft(): number {
    return this.store.free;
  }
  /** Threads that evaluations use now; lower than `idealThreads` while other processes need the cores. */
  get currentThreads(): number {
    return this.#scheduler.threads;
  }
  get idealThreads(): number {
    return this.#idealThreads;
  }
  /** Tokens that the cache was allocated for: llama.cpp rounds up. */
  getAllocatedContextSize(): number {
    this.scope.check();
    return this.#native.functions.llama_n_ctx(this.#pointer);
  }
  /** Bytes that the whole state takes when it is copied out. */
  get stateSize(): number {
    this.scope.check();
    return this.#native.functions.llama_state_get_size(this.#pointer);
  }
  get stats(): LlamaContextStats {
    return {
      ...this.#scheduler.stats,
      threads: this.#scheduler.threads,
      sequences: this.totalSequences - this.store.free,
      heldTokens: this.store.heldTokens(),
    };
  }

  /** Bytes that cache and work space take, estimated from the model's header; on the device when layers are there. */
  get memoryUsage(): { readonly ram: number; readonly vram: number } {
    const { kvBytes, computeBytes } = estimateMemory(this.model.fileInfo, {
      contextSize: this.contextSize,
      sequences: this.totalSequences,
      batchSize: this.batchSize,
      kvTypes: { key: kvCacheTypes[this.kvCacheKeyType], value: kvCacheTypes[this.kvCacheValueType] },
      swaFull: this.#swaFull,
    });
    const bytes = kvBytes + computeBytes;
    return this.model.gpuLayers > 0 ? { ram: 0, vram: bytes } : { ram: bytes, vram: 0 };
  }
  /** For programs written for node-llama-cpp: does nothing, waiting tokens are evaluated at the end of the turn anyway. */
  dispatchPendingBatch(): void {
    this.scope.check();
  }
  /** Logs what was evaluated since the last call, at the level `info`. */
  async printTimings(): Promise<void> {
    this.scope.check();
    const { decodes, tokens, decodeMs } = this.#scheduler.stats;
    const before = this.#printed;
    this.#printed = { decodes, tokens, decodeMs };
    const { llama } = this.model;
    const ms = decodeMs - before.decodeMs;
    const perSecond = ms > 0 ? ((tokens - before.tokens) * 1000) / ms : 0;
    logTo(
      llama,
      "info",
      `${tokens - before.tokens} tokens in ${decodes - before.decodes} evaluations, ${ms.toFixed(1)} ms, ${perSecond.toFixed(1)} tokens per second`,
    );
  }

  /** Ends running evaluations with a `disposed` error and gives all memory back. */
  override dispose(): Promise<void> {
    // No later sequence will ask for what the disposed ones held.
    this.store.states.cache.close();
    return this.scope.dispose();
  }
}

interface ResolvedOptions {
  readonly contextSize: number;
  readonly sequences: number;
  readonly threads: number;
  readonly minThreads: number;
  readonly flashAttention: boolean | "auto";
  readonly kvCacheKeyType: KvCacheType;
  readonly kvCacheValueType: KvCacheType;
  readonly promptChunkSize: number;
  readonly swaFull: boolean;
  readonly canCut: boolean;
  readonly prefixCacheBytes: number;
  /** What a saved state depends on besides the model. */
  readonly stateLayout: string;
  readonly stateDirectory: StateDirectory | undefined;
}

async function resolveOptions(
  model: LlamaModel,
  options: LlamaContextOptions,
  adapters: string,
): Promise<ResolvedOptions> {
  const wanted = typeof options.threads === "object" ? options.threads : { ideal: options.threads };
  const limit = model.llama.maxThreads || usableCores();
  const flashAttention = options.flashAttention ?? model.options.defaultContextFlashAttention ?? "auto";
  if (!flashAttention && isQuantised(valueType(options)))
    throw new InvalidArgumentError(
      `kvCacheValueType "${valueType(options)}" needs flash attention, which is off: quantised values are read by it alone`,
    );
  const stateLayout = `llama.cpp ${llamaCppVersion}, keys ${keyType(options)}, values ${valueType(options)}, flash attention ${flashAttention}${adapters && `, adapters ${adapters}`}`;
  const { cacheDirectory, cacheDirectoryBytes = 2 * 2 ** 30 } = options;
  return {
    contextSize: await resolveContextSize(model, options),
    sequences: options.sequences ?? 1,
    threads: wanted.ideal || limit,
    minThreads: Math.max(1, wanted.min ?? 1),
    flashAttention,
    kvCacheKeyType: keyType(options),
    kvCacheValueType: valueType(options),
    promptChunkSize: options.promptChunkSize ?? 256,
    swaFull: options.swaFullCache !== false,
    canCut: !model.isRecurrent && (model.slidingWindowSize === 0 || options.swaFullCache !== false),
    prefixCacheBytes: options.prefixCacheBytes ?? 256 * 2 ** 20,
    stateLayout,
    stateDirectory:
      cacheDirectory === undefined
        ? undefined
        : new StateDirectory({
            directory: cacheDirectory,
            bytesMax: cacheDirectoryBytes,
            model: model.fingerprint,
            layout: stateLayout,
            warn: (message) => logTo(model.llama, "warn", message),
          }),
  };
}

function logTo(llama: Llama, level: LlamaLogLevel, message: string): void {
  if (LlamaLogLevelGreaterThanOrEqual(llama.logLevel, level)) llama.logger(level, message);
}

function contextParams(
  native: Native,
  options: LlamaContextOptions,
  resolved: ResolvedOptions,
): ContextParamsStruct {
  const params = native.functions.llama_context_default_params();
  // A step of a reply, draft included, travels in one batch.
  const batchSize = Math.max(
    stepTokensMax,
    Math.min(options.batchSize ?? 512, Math.max(64, resolved.contextSize)),
  );
  params.n_ctx = resolved.contextSize * resolved.sequences;
  params.n_batch = batchSize;
  params.n_ubatch = batchSize;
  // One more than the user's: cells wait there while tokens are inserted before them.
  params.n_seq_max = resolved.sequences + (resolved.canCut ? 1 : 0);
  // Logits are read after the last token of a sequence and after drafted ones: room for these alone saves most of the
  // work space of a large vocabulary.
  // llama.cpp itself reserves one for each sequence id and ends the process when that is more.
  params.n_outputs_max = Math.max(
    params.n_seq_max,
    Math.min(batchSize, resolved.sequences * (1 + draftTokensMax)),
  );
  params.n_threads = resolved.threads;
  params.n_threads_batch = resolved.threads;
  params.flash_attn_type = resolved.flashAttention === "auto" ? -1 : resolved.flashAttention ? 1 : 0;
  params.type_k = kvCacheTypes[keyType(options)];
  params.type_v = kvCacheTypes[valueType(options)];
  params.swa_full = options.swaFullCache ?? true;
  // One cache for all sequences, so that they can share cells.
  params.kv_unified = true;
  params.no_perf = true;
  return params;
}
