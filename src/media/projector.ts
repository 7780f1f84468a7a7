import { createHash } from "node:crypto";
import { Disposable } from "../base/disposable.ts";
import { ColloquyError, DisposedError } from "../base/errors.ts";
import { LeastRecentlyUsed } from "../base/least-recently-used.ts";
import { Lock } from "../base/lock.ts";
import type { LlamaModel } from "../engine/model/llama-model.ts";
import type { EmbeddedSpans, EvaluationSpan, SpanPlace } from "../engine/spans/span-registry.ts";
import { modelFingerprint } from "../engine/state/model-fingerprint.ts";
import { provideMediaLibrary } from "./library/provide-media-library.ts";
import { type MediaLimits, type MediaSource, resolveMediaLimits } from "./media-source.ts";
import { type MediaContent, NativeProjector } from "./native-projector.ts";
import { readImage } from "./read-image.ts";
import { readMedia } from "./read-media.ts";
import { readSound } from "./read-sound.ts";
import { untilAborted } from "./until-aborted.ts";

export type MediaType = "image" | "audio";

export interface ProjectorOptions {
  /** The library of `buildMediaLibrary()`. Default: the one that is found. */
  library?: string;
  /** Bytes of embeddings that are kept. Default 256 MiB. */
  embeddingBytesMax?: number;
}

export interface ProjectorStats {
  /** Images and sounds that went through the projector. */
  readonly encodings: number;
  /** Bytes of kept embeddings. */
  readonly embeddingBytes: number;
}

/** An image or a sound as a prompt holds it. Keep it as long as its tokens are to be evaluated. */
export type PreparedMedia = EmbeddedSpans;

/**
 * Turns images and sounds into cells of a model's context: the encoder that was trained with the model, in a file of its
 * own ("mmproj").
 *
 * @example
 * const projector = await loadProjector(model, "mmproj.gguf");
 * const image = await projector.prepare("image", "cat.jpg");
 * for await (const { token } of sequence.generate([...before, ...image.tokens, ...question])) …
 */
export class Projector extends Disposable {
  readonly model: LlamaModel;
  readonly file: string;
  readonly #native: NativeProjector;
  readonly #fingerprint: string;
  /** By key, as many bytes as may be kept. */
  readonly #embeddings: LeastRecentlyUsed<Float32Array>;
  /** libmtmd keeps the embeddings of one encoding: nothing may come between it and their reading. */
  readonly #encoding = new Lock();
  /** What is being done with the native projector: it is not freed before. */
  readonly #running = new Set<Promise<unknown>>();
  #encodings = 0;

  /** @internal */
  constructor(model: LlamaModel, file: string, native: NativeProjector, embeddingBytesMax: number) {
    super("The projector");
    this.model = model;
    this.file = file;
    this.#native = native;
    this.#fingerprint = modelFingerprint(file);
    this.#embeddings = new LeastRecentlyUsed(embeddingBytesMax);
    this.scope.add(async () => {
      await Promise.allSettled(this.#running);
      await native.free();
    });
  }

  get supportsImages(): boolean {
    return this.#native.supportsImages;
  }
  get supportsAudio(): boolean {
    return this.#native.supportsAudio;
  }
  get stats(): ProjectorStats {
    return { encodings: this.#encodings, embeddingBytes: this.#embeddings.size };
  }

  /**
   * Reads an image or a sound and says which tokens it becomes. It is encoded when it is first evaluated, and then
   * remembered by its content.
   * @throws ColloquyError `media-unsupported`, `media-invalid`, `download-failed`, `disposed`; the signal's reason
   */
  async prepare(
    type: MediaType,
    source: MediaSource,
    options: {
      limits?: MediaLimits | undefined;
      signal?: AbortSignal | undefined;
      /** The text that stands for it. Default: made of its content. */
      marker?: string;
    } = {},
  ): Promise<PreparedMedia> {
    this.scope.check();
    if (!(type === "image" ? this.supportsImages : this.supportsAudio))
      throw new ColloquyError("media-unsupported", `"${this.file}" takes no ${type}`);
    const limits = resolveMediaLimits(options.limits);
    const file = await readMedia(source, limits, options.signal);
    const { sampleRate, decodeSound } = this.#native;
    const content: MediaContent =
      type === "image"
        ? { type, image: await readImage(file, limits) }
        : { type, sound: await readSound(file, sampleRate, limits, decodeSound) };
    options.signal?.throwIfAborted();
    return this.#embed(content, options.marker);
  }

  /** Gives the projector back; the model goes on without it. */

  /** Gives the memory of kept embeddings back: what is evaluated next is encoded anew. */
  forgetEmbeddings(): void {
    this.#embeddings.clear();
  }

  async #embed(content: MediaContent, marker: string | undefined): Promise<PreparedMedia> {
    const key = this.#keyOf(content);
    const chunks = await this.#run(() => this.#native.describe(content));
    let index = 0;
    const parts = chunks.map((chunk) => {
      if (chunk.type === "text") return chunk.tokens;
      const at = index++;
      const span: EvaluationSpan = {
        key: `${key}/${at}`,
        length: chunk.length,
        prepare: async (signal) => {
          const embedding = await this.#embeddingOf(content, key, at, signal);
          return { evaluate: (place) => this.#evaluate(content, at, embedding, place) };
        },
      };
      return span;
    });
    return this.model.spans.embed(marker ?? `\ufffc${content.type} ${key}\ufffc`, parts);
  }

  #evaluate(content: MediaContent, index: number, embedding: Float32Array, place: SpanPlace): Promise<void> {
    place.signal?.throwIfAborted();
    return this.#run(() => this.#native.decode(content, index, embedding, place));
  }

  /** The embedding of a medium's chunk: the kept one, else it is encoded. Who asks for the same one meanwhile waits. */
  async #embeddingOf(
    content: MediaContent,
    key: string,
    index: number,
    signal: AbortSignal | undefined,
  ): Promise<Float32Array> {
    const release = await untilAborted(this.#encoding.acquire(), signal, (late) => late());
    try {
      const kept = this.#embeddings.get(`${key}/${index}`);
      if (kept !== undefined) return kept;
      const embeddings = await this.#run(() => this.#native.encode(content, signal));
      this.#encodings++;
      for (const [at, embedding] of embeddings.entries())
        this.#embeddings.set(`${key}/${at}`, embedding, embedding.byteLength);
      return embeddings[index]!;
    } finally {
      release();
    }
  }

  async #run<T>(work: () => Promise<T>): Promise<T> {
    this.scope.check();
    const running = work();
    this.#running.add(running);
    return running.finally(() => this.#running.delete(running));
  }

  /** Content, size and projector: equal keys have equal embeddings. */
  #keyOf(content: MediaContent): string {
    const hash = createHash("sha256").update(this.#fingerprint);
    if (content.type === "audio") hash.update("audio").update(content.sound.samples);
    else hash.update(`${content.image.width}x${content.image.height}`).update(content.image.data);
    return hash.digest("hex");
  }
}

/**
 * Loads the projector of a model.
 * @param file the projector's GGUF file
 * @throws ColloquyError `media-unsupported` when the library is not built (see `loadModel({mediaLibrary})`),
 * `model-file-unsupported` with llama.cpp's reason, `unsupported`, `wrong-binary-version`, `disposed`
 */
export async function loadProjector(
  model: LlamaModel,
  file: string,
  { library, embeddingBytesMax = 256 * 2 ** 20 }: ProjectorOptions = {},
): Promise<Projector> {
  const stop = new AbortController();
  const load = async () => {
    const { libraries } = model.llama.native;
    const { signal } = stop;
    const found =
      library ?? (await provideMediaLibrary({ libraries, signal, ...model.options.mediaLibrary }));
    signal.throwIfAborted();
    return new Projector(model, file, await NativeProjector.load(model, found, file), embeddingBytesMax);
  };
  const loading = load();
  // Before the model's weights go: the projector refers to them.
  model.own(async () => {
    stop.abort(new DisposedError("The model"));
    await loading.then(
      (projector) => projector.dispose(),
      () => undefined,
    );
  });
  return loading;
}
