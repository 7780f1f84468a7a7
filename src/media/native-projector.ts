import { ColloquyError } from "../base/errors.ts";
import type { LlamaModel } from "../engine/model/llama-model.ts";
import type { SpanPlace } from "../engine/spans/span-registry.ts";
import { usableCores } from "../engine/threads/usable-cores.ts";
import type { Token } from "../engine/token.ts";
import type { NativeLog } from "../native/log.ts";
import { allocate, type NativeBlock, viewMemory } from "../native/memory.ts";
import { loadMtmd, mediaChunkTypes } from "../native/mtmd.ts";
import type { MtmdFunctions } from "../native/mtmd-declarations.ts";
import type { Pointer } from "../native/structs.ts";
import { librariesPackage, mediaBuildName } from "./library/media-library.ts";
import type { RgbImage } from "./read-image.ts";
import type { DecodeSound, Sound } from "./read-sound.ts";

/** What is put into a prompt: pixels, or samples. */
export type MediaContent =
  | { readonly type: "image"; readonly image: RgbImage }
  | { readonly type: "audio"; readonly sound: Sound };

/** A piece of what a medium becomes: tokens around it, or cells. */
export type MediaChunk =
  | { readonly type: "text"; readonly tokens: readonly Token[] }
  | { readonly type: "media"; readonly length: number };

/**
 * A loaded projector: `mtmd_context`. It holds the embeddings of one encoding, so encodings must not overlap; everything
 * else may run beside them.
 */
export class NativeProjector {
  readonly supportsImages: boolean;
  readonly supportsAudio: boolean;
  readonly #functions: MtmdFunctions;
  readonly #log: NativeLog;
  readonly #pointer: Pointer;
  readonly #embeddingWidth: number;
  /** A byte that native code reads while it encodes: whether to stop. */
  readonly #stop: NativeBlock;

  private constructor(
    functions: MtmdFunctions,
    log: NativeLog,
    pointer: Pointer,
    embeddingWidth: number,
    stop: NativeBlock,
  ) {
    this.#stop = stop;
    this.#functions = functions;
    this.#log = log;
    this.#pointer = pointer;
    this.#embeddingWidth = embeddingWidth;
    this.supportsImages = functions.mtmd_support_vision(pointer);
    this.supportsAudio = functions.mtmd_support_audio(pointer);
  }

  /** @throws ColloquyError `model-file-unsupported`, `unsupported`, `no-binary`, `wrong-binary-version` */
  static async load(model: LlamaModel, library: string, file: string): Promise<NativeProjector> {
    const { native } = model.llama;
    const functions = loadMtmd(native, library, mediaBuildName(librariesPackage(native.libraries).name));
    const params = functions.mtmd_context_params_default();
    params.use_gpu = model.gpuLayers > 0;
    params.print_timings = false;
    params.n_threads = model.llama.maxThreads || usableCores();
    native.log.takeRecent();
    const stop = allocate(1);
    const pointer = await functions.colloquy_media_load.async(file, model.pointer, params, stop.pointer);
    if (pointer === null) {
      stop.free();
      throw new ColloquyError("model-file-unsupported", `"${file}" is no projector for this model`, {
        cause: native.log.takeRecent() || undefined,
      });
    }
    if (functions.mtmd_decode_use_mrope(pointer)) {
      await functions.mtmd_free.async(pointer);
      stop.free();
      throw new ColloquyError(
        "unsupported",
        `"${file}" is for a model with positions in three dimensions (M-RoPE)`,
        {
          hint: "models of the Qwen-VL family cannot be shown images yet",
        },
      );
    }
    const width = functions.llama_model_n_embd_inp(model.pointer);
    return new NativeProjector(functions, native.log, pointer, width, stop);
  }

  /** Samples a second that this projector takes. */
  get sampleRate(): number {
    return this.#functions.mtmd_get_audio_sample_rate(this.#pointer);
  }

  /** Decodes a file of sound, see {@link DecodeSound}. */
  readonly decodeSound: DecodeSound = async (file, rate, samplesMax) => {
    const functions = this.#functions;
    const counted = new BigUint64Array(1);
    const pointer = await functions.colloquy_media_read_sound.async(
      file,
      file.length,
      rate,
      samplesMax,
      counted,
    );
    const count = Number(counted[0]);
    if (pointer === null) return { count, samples: undefined };
    try {
      const samples =
        count === 0 ? new Float32Array() : new Float32Array(viewMemory(pointer, 4 * count)).slice();
      return { count, samples };
    } finally {
      functions.colloquy_media_free_sound(pointer);
    }
  };

  /** What a medium becomes. */
  async describe(content: MediaContent): Promise<readonly MediaChunk[]> {
    return this.#withChunks(content, false, async (chunks) =>
      chunks.map((chunk): MediaChunk => {
        const length = this.#functions.mtmd_input_chunk_get_n_tokens(chunk);
        if (this.#functions.mtmd_input_chunk_get_type(chunk) !== mediaChunkTypes.text)
          return { type: "media", length };
        return { type: "text", tokens: this.#tokensOf(chunk) };
      }),
    );
  }

  /**
   * The embeddings of a medium's cells, one list for each of its media chunks.
   * @throws the signal's reason, soon after it was aborted
   */
  async encode(content: MediaContent, signal?: AbortSignal): Promise<readonly Float32Array[]> {
    signal?.throwIfAborted();
    const flag = new Uint8Array(this.#stop.buffer);
    flag[0] = 0;
    const stop = () => {
      flag[0] = 1;
    };
    signal?.addEventListener("abort", stop, { once: true });
    try {
      return await this.#withChunks(content, false, async (chunks) => {
        const embeddings: Float32Array[] = [];
        for (const chunk of chunks) {
          if (this.#functions.mtmd_input_chunk_get_type(chunk) === mediaChunkTypes.text) continue;
          signal?.throwIfAborted();
          const code = await this.#functions.mtmd_encode_chunk.async(this.#pointer, chunk);
          // What an encoding that was stopped leaves behind means nothing.
          signal?.throwIfAborted();
          const output = code === 0 ? this.#functions.mtmd_get_output_embd(this.#pointer) : null;
          if (output === null) throw this.#failure(`The ${content.type} could not be encoded (code ${code})`);
          const count = this.#functions.mtmd_input_chunk_get_n_tokens(chunk) * this.#embeddingWidth;
          embeddings.push(new Float32Array(viewMemory(output, 4 * count)).slice());
        }
        return embeddings;
      });
    } finally {
      signal?.removeEventListener("abort", stop);
    }
  }

  /**
   * Puts the cells of one media chunk into a context.
   * @param index which of the media chunks
   */
  async decode(
    content: MediaContent,
    index: number,
    embedding: Float32Array,
    place: SpanPlace,
  ): Promise<void> {
    const functions = this.#functions;
    await this.#withChunks(content, true, async (chunks) => {
      const media = chunks.filter((one) => functions.mtmd_input_chunk_get_type(one) !== mediaChunkTypes.text);
      const chunk = media[index]!;
      const length = functions.mtmd_input_chunk_get_n_tokens(chunk);
      // llama.cpp ends the process when cells that see each other do not fit into one batch.
      if (functions.mtmd_decode_use_non_causal(this.#pointer, chunk) && length > place.batchSize)
        throw new ColloquyError(
          "context-overflow",
          `The ${content.type} has ${length} cells, a batch ${place.batchSize}`,
          {
            hint: `create the context with batchSize: ${length}`,
          },
        );
      const code = await functions.mtmd_helper_decode_image_chunk.async(
        this.#pointer,
        place.context,
        chunk,
        embedding,
        place.position,
        place.sequence,
        place.batchSize,
        new Int32Array(1),
        null,
        null,
      );
      if (code === 1)
        throw new ColloquyError("context-overflow", `The cache has no room for ${length} more tokens`, {
          hint: "use a larger contextSize, or dispose sequences that are not needed",
        });
      if (code !== 0) throw this.#failure(`The ${content.type} could not be evaluated (code ${code})`);
    });
  }

  async free(): Promise<void> {
    await this.#functions.mtmd_free.async(this.#pointer);
    this.#stop.free();
  }

  /** @param sizesOnly the pixels are not needed: the embeddings are there */
  async #withChunks<T>(
    content: MediaContent,
    sizesOnly: boolean,
    work: (chunks: readonly Pointer[]) => Promise<T>,
  ): Promise<T> {
    const functions = this.#functions;
    this.#log.takeRecent();
    const bitmap = this.#bitmapOf(content, sizesOnly);
    const list = functions.mtmd_input_chunks_init();
    const marker = Buffer.from(functions.mtmd_get_marker(this.#pointer) ?? "", "utf8");
    // `mtmd_input_text`: the address of the text, its length in bytes, add_special, parse_special; the text behind it.
    const input = allocate(24 + marker.length + 1);
    try {
      const view = new DataView(input.buffer);
      view.setBigUint64(0, BigInt(input.pointer) + 24n, true);
      view.setBigUint64(8, BigInt(marker.length), true);
      view.setUint8(17, 1);
      new Uint8Array(input.buffer).set(marker, 24);
      const bitmaps = new BigUint64Array([BigInt(bitmap)]);
      const code = await functions.mtmd_tokenize.async(this.#pointer, list, input.pointer, bitmaps, 1);
      if (code !== 0) throw this.#failure(`The ${content.type} does not fit this projector (code ${code})`);
      const count = functions.mtmd_input_chunks_size(list);
      return await work(
        Array.from({ length: count }, (_, index) => functions.mtmd_input_chunks_get(list, index)!),
      );
    } finally {
      input.free();
      functions.mtmd_input_chunks_free(list);
      functions.mtmd_bitmap_free(bitmap);
    }
  }

  #bitmapOf(content: MediaContent, sizesOnly: boolean): Pointer {
    const functions = this.#functions;
    let bitmap: Pointer | null;
    if (content.type === "image") {
      const { width, height, data } = content.image;
      bitmap = functions.mtmd_bitmap_init(width, height, sizesOnly ? null : data);
    } else {
      const { samples } = content.sound;
      bitmap = functions.mtmd_bitmap_init_from_audio(samples.length, sizesOnly ? null : samples);
    }
    if (bitmap !== null) return bitmap;
    throw this.#failure(`There is no memory for the ${content.type}`);
  }

  #tokensOf(chunk: Pointer): Token[] {
    const count = new BigUint64Array(1);
    const tokens = this.#functions.mtmd_input_chunk_get_tokens_text(chunk, count);
    if (tokens === null || count[0] === 0n) return [];
    return Array.from(new Int32Array(viewMemory(tokens, 4 * Number(count[0])))) as Token[];
  }

  #failure(message: string): ColloquyError {
    return new ColloquyError("native-failure", message, { cause: this.#log.takeRecent() || undefined });
  }
}
