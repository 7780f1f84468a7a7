import { Disposable } from "../../base/disposable.ts";
import { ColloquyError, UnsupportedError } from "../../base/errors.ts";
import { Lock } from "../../base/lock.ts";
import { viewMemory } from "../../native/memory.ts";
import type { Native } from "../../native/native.ts";
import type { Pointer } from "../../native/structs.ts";
import { resolveContextSize } from "../context/context-size.ts";
import { createNativeContext } from "../context/create-native-context.ts";
import { createThreadPolicy } from "../context/thread-policy.ts";
import type { LlamaModel } from "../model/llama-model.ts";
import { NativeDecoder } from "../scheduler/decoder.ts";
import type { ThreadPolicy } from "../scheduler/scheduler.ts";
import { usableCores } from "../threads/usable-cores.ts";
import type { Token } from "../token.ts";
import { checkVectorOptions, type VectorContextOptions } from "./vector-options.ts";

/** `llama_pooling_type` in llama.h: how the vectors of an input's tokens become one. */
const pooling = { unspecified: -1, none: 0, last: 3, rank: 4 } as const;

/** Longest input taken by default where attention over all of it needs memory that grows with its square. */
const wholeInputTokensMax = 4096;

/** Architectures whose attention looks ahead whatever their file says. */
const lookingAhead = new Set(["gemma-embedding", "rnd1", "dream", "llada", "llada-moe"]);

/** A native context that reads one input at a time and gives the vector that the model makes of it. */
export class VectorEvaluator extends Disposable {
  readonly contextSize: number;
  readonly #native: Native;
  readonly #pointer: Pointer;
  readonly #memory: Pointer | null;
  readonly #decoder: NativeDecoder;
  readonly #threads: ThreadPolicy;
  readonly #vectorLength: number;
  readonly #pooled: boolean;
  readonly #lock = new Lock();

  private constructor(what: string, model: LlamaModel, native: Native, pointer: Pointer, shape: Shape) {
    super(what);
    const { functions } = native;
    this.contextSize = shape.contextSize;
    this.#native = native;
    this.#pointer = pointer;
    this.#memory = functions.llama_get_memory(pointer);
    this.#decoder = new NativeDecoder(native, pointer, shape.batchSize, model.vocabularySize);
    this.#threads = createThreadPolicy(shape.threads, 1);
    this.#decoder.setThreads(this.#threads.threads);
    const type = functions.llama_pooling_type(pointer);
    this.#pooled = type !== pooling.none;
    this.#vectorLength =
      type === pooling.rank
        ? functions.llama_model_n_cls_out(model.pointer)
        : functions.llama_model_n_embd_out(model.pointer);
    this.scope.add(async () => {
      await functions.llama_free.async(pointer);
      this.#decoder.free();
    });
    this.scope.add(async () => {
      this.#decoder.abort();
      await this.#lock.run(() => undefined);
    });
  }

  /**
   * @param what Name of the object in error messages.
   * @throws ColloquyError `insufficient-memory`, `invalid-argument`, `unsupported`, `disposed`
   */
  static async create(
    what: string,
    model: LlamaModel,
    native: Native,
    options: VectorContextOptions,
    rank: boolean,
  ): Promise<VectorEvaluator> {
    checkVectorOptions(options);
    options.createSignal?.throwIfAborted();
    const { functions } = native;
    if (functions.llama_model_has_encoder(model.pointer))
      throw new UnsupportedError(
        `${what} cannot be made of a model of the architecture "${model.architecture}": it has an encoder of its own`,
      );
    const shape = await resolveShape(model, options, rank);
    const params = functions.llama_context_default_params();
    params.n_ctx = shape.contextSize;
    params.n_batch = shape.batchSize;
    params.n_ubatch = shape.batchSize;
    params.n_seq_max = 1;
    params.n_threads = shape.threads;
    params.n_threads_batch = shape.threads;
    params.embeddings = true;
    params.pooling_type = rank ? pooling.rank : pooling.unspecified;
    params.no_perf = true;
    const room = {
      text: `for inputs of ${shape.contextSize} tokens`,
      hint: "try a smaller contextSize",
    };
    const pointer = await createNativeContext(model, native, params, room, options.createSignal);
    return new VectorEvaluator(what, model, native, pointer, shape);
  }

  /**
   * The vector that the model makes of an input of at least one token. Calls run one after the other.
   * @throws ColloquyError `context-overflow`, `disposed`, `native-failure`; the signal's reason when it is aborted
   */
  async evaluate(tokens: readonly Token[], signal: AbortSignal | undefined): Promise<number[]> {
    this.check();
    if (tokens.length > this.contextSize)
      throw new ColloquyError(
        "context-overflow",
        `The input has ${tokens.length} tokens, the context takes ${this.contextSize}`,
        { hint: "shorten the input or create the context with a larger contextSize" },
      );
    signal?.throwIfAborted();
    return this.#lock.run(async () => {
      const onAbort = () => this.#decoder.abort();
      signal?.addEventListener("abort", onAbort);
      try {
        if (this.#memory !== null) this.#native.functions.llama_memory_clear(this.#memory, false);
        for (let start = 0; start < tokens.length; start += this.#decoder.batchSize) {
          this.check();
          signal?.throwIfAborted();
          await this.#decode(tokens, start, signal);
        }
        return this.#readVector();
      } finally {
        signal?.removeEventListener("abort", onAbort);
      }
    });
  }

  check(): void {
    this.scope.check();
  }

  async #decode(tokens: readonly Token[], start: number, signal: AbortSignal | undefined): Promise<void> {
    const decoder = this.#decoder;
    const end = Math.min(tokens.length, start + decoder.batchSize);
    decoder.begin();
    for (let index = start; index < end; index++) decoder.add(tokens[index]!, index, 0, true);
    const { threads } = this.#threads;
    const started = performance.now();
    const result = await decoder.decode();
    if (result === "aborted") {
      this.check();
      signal?.throwIfAborted();
    }
    if (result !== "done")
      throw new ColloquyError("native-failure", `The input was not read: llama.cpp says "${result}"`);
    const next = this.#threads.afterDecode({ threads, tokens: end - start, ms: performance.now() - started });
    if (next !== threads) decoder.setThreads(next);
  }

  #readVector(): number[] {
    const { functions } = this.#native;
    const vector =
      (this.#pooled ? functions.llama_get_embeddings_seq(this.#pointer, 0) : null) ??
      functions.llama_get_embeddings_ith(this.#pointer, -1);
    if (vector === null)
      throw new ColloquyError("native-failure", "The model gave no vector for the input", {
        cause: this.#native.log.takeRecent() || undefined,
      });
    return Array.from(new Float32Array(viewMemory(vector, 4 * this.#vectorLength)));
  }
}

interface Shape {
  readonly contextSize: number;
  readonly batchSize: number;
  readonly threads: number;
}

async function resolveShape(model: LlamaModel, options: VectorContextOptions, rank: boolean): Promise<Shape> {
  const { contextSize = "auto" } = options;
  const whole = mustSeeWholeInput(model, rank);
  const size = await resolveContextSize(model, options);
  // Learned positions end with the training length; reading behind them would end the process.
  const trained = whole ? model.trainContextSize || size : size;
  const bounded =
    whole && typeof contextSize !== "number"
      ? Math.max(Math.min(size, wholeInputTokensMax), (contextSize !== "auto" && contextSize.min) || 0)
      : size;
  const longest = Math.min(bounded, trained);
  return {
    contextSize: longest,
    batchSize: whole ? longest : Math.min(options.batchSize ?? 512, longest),
    threads: options.threads || model.llama.maxThreads || usableCores(),
  };
}

/** Whether an input cannot be read in pieces: attention looks ahead, or the vectors of all its tokens are pooled. */
function mustSeeWholeInput(model: LlamaModel, rank: boolean): boolean {
  const { architecture, metadata } = model;
  if (metadata[`${architecture}.attention.causal`] === false || lookingAhead.has(architecture)) return true;
  // A ranking head reads the first token, but for these architectures the last one.
  if (rank) return architecture !== "qwen3" && architecture !== "qwen3vl";
  const type = metadata[`${architecture}.pooling_type`] ?? pooling.none;
  return type !== pooling.none && type !== pooling.last;
}
