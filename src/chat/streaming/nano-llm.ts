import { Disposable } from "../../base/disposable.ts";
import { InvalidArgumentError } from "../../base/errors.ts";
import type { LanguageModel } from "../../engine/context-sequence.ts";
import { getLlama } from "../../engine/llama.ts";
import type { MediaLibraryOptions } from "../../engine/model/model-options.ts";
import type { Token } from "../../engine/token.ts";
import { resolveDefaultModel } from "../../models/default/default-model.ts";
import { resolveModelFile } from "../../models/resolve-model-file.ts";
import type { KvCache } from "../history/chat-history-options.ts";
import { type ReplyOptions, resolveReplyOptions } from "./reply-options.ts";
import { type ReplyInput, replyTarget } from "./reply-target.ts";
import { checkCache, SequenceCache } from "./sequence-cache.ts";
import { type SequenceMaker, SequencePool } from "./sequence-pool.ts";
import { StreamingResponse } from "./streaming-response.ts";

/** A context, as far as a chat model needs it. */
export interface ChatContext extends SequenceMaker {
  readonly model: LanguageModel;
  readonly contextSize: number;
  dispose(): Promise<void>;
}

/** A model that makes contexts, such as `LlamaModel`. */
export interface ContextMaker {
  createContext(options: { contextSize?: "auto" | number; sequences?: number }): Promise<ChatContext>;
}

export interface ChatModelOptions {
  /** Room of a chat, tokens. `"auto"` (default): the model's training length, or what the free memory takes. */
  contextSize?: "auto" | number;
  /** Chats whose caches stay in memory at the same time; more of them take turns. Default 1. */
  sequences?: number;
}

export interface FromPretrainedOptions extends ChatModelOptions {
  /** Layers on the compute device. Default `"auto"`. */
  gpuLayers?: "auto" | "max" | number;
  /** `false`: the processor only. Default `"auto"`. */
  gpu?: "auto" | false;
  /** The model's projector, as `resolveModelFile` takes it; `false`: none. Default: the one beside the model. */
  mmprojPath?: string | false;
  /** What becomes of the first image when the library for it is not there. Default: the prompt fails. */
  mediaLibrary?: MediaLibraryOptions;
  /** Threads. Default: the usable cores. */
  maxThreads?: number;
  /** Folder of downloaded models. */
  directory?: string;
  /** Aborts downloading and loading. */
  signal?: AbortSignal;
}

export interface GenerateReplyOptions extends ReplyOptions {
  /** The cache to go on from: `history.kvCache`, `reply.kvCache`. Default: a new one. */
  kvCache?: KvCache | undefined;
  /** `false`: the call resolves when the reply is complete. Default `true`. */
  streaming?: boolean;
}

/**
 * A model together with the memory for its chats.
 *
 * @example
 * await using model = await NanoLLM.fromPretrained("hf:owner/repo:Q4_K_M");
 * const history = new ChatHistory(model);
 * history.append("user", "Hi");
 * const { input } = history.embedChat();
 * const reply = model.generate(input, { kvCache: history.kvCache });
 * for await (const delta of reply) process.stdout.write(delta);
 * history.append("bot", reply);
 */
export class NanoLLM extends Disposable implements LanguageModel {
  /** The model that the replies come from. */
  readonly model: LanguageModel;
  readonly context: ChatContext;
  readonly #pool: SequencePool;
  readonly #running = new Set<StreamingResponse>();

  /** @internal */
  constructor(context: ChatContext, disposers: readonly (() => Promise<void>)[] = []) {
    super("The model");
    this.model = context.model;
    this.context = context;
    this.#pool = new SequencePool(context);
    for (const dispose of disposers) this.scope.add(dispose);
    this.scope.add(() => context.dispose());
    this.scope.add(async () => {
      await Promise.all([...this.#running].map((reply) => reply.stop()));
    });
  }

  /**
   * Finds or downloads a model's file and loads it.
   * @param pathOrUri as `resolveModelFile` takes it. Default: the small model that the command line uses.
   * @throws ColloquyError `model-not-found`, `download-failed`, `model-file-invalid`, `insufficient-memory`,
   *   `no-binary`; the signal's reason when it is aborted
   */
  static async fromPretrained(pathOrUri?: string, options: FromPretrainedOptions = {}): Promise<NanoLLM> {
    if (pathOrUri !== undefined && (typeof pathOrUri !== "string" || pathOrUri === ""))
      throw new InvalidArgumentError("fromPretrained() takes the path or the URI of a model");
    const { signal, directory, contextSize, sequences, gpu, gpuLayers, maxThreads } = options;
    const { mediaLibrary, mmprojPath: projector } = options;
    const modelPath =
      pathOrUri === undefined
        ? await resolveDefaultModel({ directory, signal })
        : await resolveModelFile(pathOrUri, { directory, signal });
    const mmprojPath = projector ? await resolveModelFile(projector, { directory, signal }) : projector;
    const llama = await getLlama({ gpu, maxThreads });
    try {
      const model = await llama.loadModel({
        modelPath,
        mmprojPath,
        mediaLibrary,
        gpuLayers,
        loadSignal: signal,
      });
      const context = await model.createContext({ contextSize, sequences, createSignal: signal });
      return new NanoLLM(context, [() => llama.dispose()]);
    } catch (error) {
      await llama.dispose();
      throw error;
    }
  }

  /**
   * Writes a reply. It begins at once and is read as it is written.
   * @throws ColloquyError `invalid-argument`, `disposed`; everything else reaches the readers of the reply
   */
  generate(
    input: ReplyInput,
    options: GenerateReplyOptions & { streaming: false },
  ): Promise<StreamingResponse>;
  generate(input: ReplyInput, options?: GenerateReplyOptions & { streaming?: true }): StreamingResponse;
  generate(input: ReplyInput, options?: GenerateReplyOptions): StreamingResponse | Promise<StreamingResponse>;
  generate(
    input: ReplyInput,
    options: GenerateReplyOptions = {},
  ): StreamingResponse | Promise<StreamingResponse> {
    this.scope.check();
    const kvCache =
      options.kvCache === undefined ? this.createKvCache() : checkCache(options.kvCache, this.model);
    const reply = new StreamingResponse({
      kvCache,
      target: replyTarget(input, kvCache.tokens, this.model),
      settings: resolveReplyOptions(options, this.model),
      options,
    });
    this.#running.add(reply);
    void reply.settled.then(() => this.#running.delete(reply));
    if (options.streaming === false) return reply.wait().then(() => reply);
    return reply;
  }

  /** An empty cache for a chat. */
  createKvCache(): SequenceCache {
    this.scope.check();
    return new SequenceCache(this.model, this.#pool, this.#pool);
  }

  /** Room of a chat, tokens. */
  get contextSize(): number {
    return this.context.contextSize;
  }

  get tokenizer(): LanguageModel["tokenizer"] {
    return this.model.tokenizer;
  }
  get tokens(): LanguageModel["tokens"] {
    return this.model.tokens;
  }
  get metadata(): LanguageModel["metadata"] {
    return this.model.metadata;
  }
  get filename(): string | undefined {
    return this.model.filename;
  }
  get trainContextSize(): number {
    return this.model.trainContextSize;
  }
  get spans(): LanguageModel["spans"] {
    return this.model.spans;
  }
  get vocabularySize(): number {
    return this.model.vocabularySize;
  }
  get tokenize(): LanguageModel["tokenize"] {
    return this.model.tokenize;
  }
  get detokenize(): LanguageModel["detokenize"] {
    return this.model.detokenize;
  }
  isSpecialToken(token: Token | undefined): boolean {
    return this.model.isSpecialToken(token);
  }
  isEogToken(token: Token | undefined): boolean {
    return this.model.isEogToken(token);
  }
  tokenBytes(token: Token): Uint8Array {
    return this.model.tokenBytes(token);
  }

  /** Ends running replies, then gives back what was loaded. Twice does nothing more. */
}

/**
 * A chat model on a model that is loaded already. Disposing it leaves the model loaded.
 * @throws ColloquyError `insufficient-memory`, `invalid-argument`, `disposed`
 * @example
 * const chat = await createChatModel(await llama.loadModel({ modelPath }), { contextSize: 2048 });
 */
export async function createChatModel(
  model: ContextMaker,
  { contextSize, sequences }: ChatModelOptions = {},
): Promise<NanoLLM> {
  if (typeof model?.createContext !== "function")
    throw new InvalidArgumentError("createChatModel() takes a loaded model");
  return new NanoLLM(await model.createContext({ contextSize, sequences }));
}
