import { ColloquyError } from "../base/errors.ts";
import type { LlamaModel } from "../engine/model/llama-model.ts";
import type { SpanPlace } from "../engine/spans/span-registry.ts";
import { usableCores } from "../engine/threads/usable-cores.ts";
import type { Token } from "../engine/token.ts";
import type { NativeLog } from "../native/log.ts";
import { allocate, viewMemory } from "../native/memory.ts";
import { loadMtmd, mediaChunkTypes } from "../native/mtmd.ts";
import type { MtmdFunctions } from "../native/mtmd-declarations.ts";
import type { Pointer } from "../native/structs.ts";
import { librariesPackage, mediaBuildName } from "./library/media-library.ts";
import type { RgbImage } from "./read-image.ts";

/** What is put into a prompt: pixels, or the bytes of a file of sound. */
export type MediaContent =
  | { readonly type: "image"; readonly image: RgbImage }
  | { readonly type: "audio"; readonly file: Uint8Array };

/** A piece of what a medium becomes: tokens around it, or cells. */
export type MediaChunk =
  | { readonly type: "text"; readonly tokens: readonly Token[] }
  | { readonly type: "media"; readonly length: number };

/** A loaded projector: `mtmd_context`. Calls must not overlap, except for {@link NativeProjector.describe}. */
export class NativeProjector {
  readonly supportsImages: boolean;
  readonly supportsAudio: boolean;
  readonly #functions: MtmdFunctions;
  readonly #log: NativeLog;
  readonly #pointer: Pointer;
  readonly #embeddingWidth: number;

  private constructor(functions: MtmdFunctions, log: NativeLog, pointer: Pointer, embeddingWidth: number) {
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
    const pointer = await functions.mtmd_init_from_file.async(file, model.pointer, params);
    if (pointer === null)
      throw new ColloquyError("model-file-unsupported", `"${file}" is no projector for this model`, {
        cause: native.log.takeRecent() || undefined,
      });
    if (functions.mtmd_decode_use_mrope(pointer)) {
      await functions.mtmd_free.async(pointer);
      throw new ColloquyError(
        "unsupported",
        `"${file}" is for a model with positions in three dimensions (M-RoPE)`,
        {
          hint: "models of the Qwen-VL family cannot be shown images yet",
        },
      );
    }
    const width = functions.llama_model_n_embd_inp(model.pointer);
    return new NativeProjector(functions, native.log, pointer, width);
  }

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

  /** The embeddings of a medium's cells, one list for each of its media chunks. */
  async encode(content: MediaContent): Promise<readonly Float32Array[]> {
    return this.#withChunks(content, false, async (chunks) => {
      const embeddings: Float32Array[] = [];
      for (const chunk of chunks) {
        if (this.#functions.mtmd_input_chunk_get_type(chunk) === mediaChunkTypes.text) continue;
        const code = await this.#functions.mtmd_encode_chunk.async(this.#pointer, chunk);
        const output = code === 0 ? this.#functions.mtmd_get_output_embd(this.#pointer) : null;
        if (output === null) throw this.#failure(`The ${content.type} could not be encoded (code ${code})`);
        const count = this.#functions.mtmd_input_chunk_get_n_tokens(chunk) * this.#embeddingWidth;
        embeddings.push(new Float32Array(viewMemory(output, 4 * count)).slice());
      }
      return embeddings;
    });
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
    if (content.type === "image") {
      const { width, height, data } = content.image;
      const bitmap = functions.mtmd_bitmap_init(width, height, sizesOnly ? null : data);
      if (bitmap !== null) return bitmap;
    } else {
      const { file } = content;
      const options = functions.mtmd_helper_init_opt_default();
      const { bitmap } = functions.mtmd_helper_bitmap_init_from_buf(
        this.#pointer,
        file,
        file.length,
        false,
        options,
      );
      if (bitmap !== null && functions.mtmd_bitmap_is_audio(bitmap)) return bitmap;
      if (bitmap !== null) functions.mtmd_bitmap_free(bitmap);
    }
    const cause = this.#log.takeRecent() || undefined;
    throw new ColloquyError("media-invalid", `The ${content.type} cannot be read`, { cause });
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
