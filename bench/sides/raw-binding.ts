import { join } from "node:path";
import { nativeFolder } from "../runner/folders.ts";
import type { RawGeneration, RawLoop, RawOptions } from "./raw-loop.ts";

/** The part of koffi that is used here; the package itself is the root folder's. */
interface Koffi {
  struct(name: string, members: Readonly<Record<string, string>>): unknown;
  load(path: string, options?: { global?: boolean }): { func(declaration: string): Call };
  view(pointer: unknown, length: number): ArrayBuffer;
}
// biome-ignore lint/suspicious/noExplicitAny: what a native call takes and returns is in its declaration only
type Call = (...args: any[]) => any;

/** Structures of llama.cpp 0.5.0; a name is given only where a member is set or matters. */
function declareStructures(koffi: Koffi): void {
  koffi.struct("RawModelParams", {
    devices: "void *",
    overrides: "void *",
    choices: "int32_t[5]",
    split: "void *",
    callbacks: "void *[3]",
    flags: "uint8_t[6]",
  });
  koffi.struct("RawContextParams", {
    contextSize: "uint32_t",
    batch: "uint32_t",
    microBatch: "uint32_t",
    sequences: "uint32_t",
    limits: "uint32_t[3]",
    threads: "int32_t",
    threadsBatch: "int32_t",
    choices: "int32_t[5]",
    factors: "float[7]",
    evaluation: "void *[2]",
    types: "int32_t[2]",
    abort: "void *[2]",
    flags: "uint8_t[6]",
    samplers: "void *",
    samplerCount: "size_t",
    other: "void *",
  });
  koffi.struct("RawBatch", {
    count: "int32_t",
    tokens: "int32_t *",
    embeddings: "void *",
    positions: "void *[4]",
  });
}

function bind(koffi: Koffi, folder: string) {
  declareStructures(koffi);
  koffi.load(join(folder, "libggml-base.so"), { global: true });
  const ggml = koffi.load(join(folder, "libggml.v0.5.0.so"), { global: true });
  const llama = koffi.load(join(folder, "libllama.v0.5.0.so"), { global: true });
  return {
    loadBackends: ggml.func("void ggml_backend_load_all_from_path(const char *folder)"),
    setLog: llama.func("void llama_log_set(void *callback, void *data)"),
    modelDefaults: llama.func("RawModelParams llama_model_default_params()"),
    contextDefaults: llama.func("RawContextParams llama_context_default_params()"),
    load: llama.func("void *llama_model_load_from_file(const char *path, RawModelParams params)"),
    init: llama.func("void *llama_init_from_model(void *model, RawContextParams params)"),
    vocab: llama.func("void *llama_model_get_vocab(void *model)"),
    vocabSize: llama.func("int32_t llama_vocab_n_tokens(void *vocab)"),
    isEnd: llama.func("bool llama_vocab_is_eog(void *vocab, int32_t token)"),
    tokenize: llama.func(
      "int32_t llama_tokenize(void *vocab, const char *text, int32_t length, _Out_ int32_t *tokens, int32_t room, bool addSpecial, bool parseSpecial)",
    ),
    piece: llama.func(
      "int32_t llama_token_to_piece(void *vocab, int32_t token, _Out_ uint8_t *piece, int32_t room, int32_t strip, bool special)",
    ),
    batch: llama.func("RawBatch llama_batch_get_one(int32_t *tokens, int32_t count)"),
    decode: llama.func("int32_t llama_decode(void *context, RawBatch batch)"),
    logits: llama.func("void *llama_get_logits_ith(void *context, int32_t index)"),
    memory: llama.func("void *llama_get_memory(void *context)"),
    forget: llama.func("bool llama_memory_seq_rm(void *memory, int32_t sequence, int32_t from, int32_t to)"),
    free: llama.func("void llama_free(void *context)"),
    freeModel: llama.func("void llama_model_free(void *model)"),
  };
}

const batchSize = 512;

class BoundLoop implements RawLoop {
  readonly about = "koffi calls from JavaScript (no C compiler found)";
  readonly #api: ReturnType<typeof bind>;
  readonly #model: unknown;
  readonly #context: unknown;
  readonly #vocab: unknown;
  readonly #vocabSize: number;
  readonly #koffi: Koffi;
  readonly loadMs: number;

  constructor(koffi: Koffi, options: RawOptions) {
    const start = performance.now();
    const folder = nativeFolder();
    this.#koffi = koffi;
    this.#api = bind(koffi, folder);
    // A null callback means stderr, which the runner passes on: the load is a screenful, nothing while measuring.
    this.#api.loadBackends(folder);
    this.#model = this.#api.load(options.modelPath, this.#api.modelDefaults());
    if (this.#model == null) throw new Error("the model does not load");
    this.loadMs = performance.now() - start;
    const params = this.#api.contextDefaults();
    Object.assign(params, { contextSize: options.contextSize, batch: batchSize, microBatch: batchSize });
    Object.assign(params, { sequences: 1, threads: options.threads, threadsBatch: options.threads });
    this.#context = this.#api.init(this.#model, params);
    if (this.#context == null) throw new Error("no context");
    this.#vocab = this.#api.vocab(this.#model);
    this.#vocabSize = this.#api.vocabSize(this.#vocab);
  }

  async tokenize(text: string): Promise<readonly number[]> {
    const bytes = Buffer.byteLength(text);
    const tokens = new Int32Array(bytes + 8);
    const count: number = this.#api.tokenize(this.#vocab, text, bytes, tokens, tokens.length, true, true);
    return [...tokens.subarray(0, count)];
  }

  async text(tokens: readonly number[]): Promise<string> {
    const piece = new Uint8Array(1024);
    const pieces = tokens.map((token) => {
      const length: number = this.#api.piece(this.#vocab, token, piece, piece.length, 0, false);
      return Buffer.from(piece.subarray(0, length));
    });
    return Buffer.concat(pieces).toString();
  }

  #decode(tokens: Int32Array): void {
    for (let at = 0; at < tokens.length; at += batchSize) {
      const part = tokens.slice(at, at + batchSize);
      if (this.#api.decode(this.#context, this.#api.batch(part, part.length)) !== 0)
        throw new Error("llama_decode");
    }
  }

  #best(): number {
    const address = this.#api.logits(this.#context, -1);
    const logits = new Float32Array(this.#koffi.view(address, this.#vocabSize * 4));
    let winner = 0;
    for (let id = 1; id < logits.length; id++) if (logits[id]! > logits[winner]!) winner = id;
    return winner;
  }

  async evaluate(tokens: readonly number[]): Promise<number> {
    const start = performance.now();
    this.#decode(Int32Array.from(tokens));
    return performance.now() - start;
  }

  async generate(count: number, budgetMs: number): Promise<RawGeneration> {
    const start = performance.now();
    const tokens: number[] = [];
    const atMs: number[] = [];
    while (tokens.length < count) {
      const token = this.#best();
      if (this.#api.isEnd(this.#vocab, token)) return { tokens, atMs, endedByModel: true };
      tokens.push(token);
      atMs.push(performance.now() - start);
      if (tokens.length === count || performance.now() - start > budgetMs) break;
      this.#decode(Int32Array.of(token));
    }
    return { tokens, atMs, endedByModel: false };
  }

  async keep(count: number): Promise<void> {
    this.#api.forget(this.#api.memory(this.#context), 0, count, -1);
  }

  async peakRssMb(): Promise<number> {
    return process.resourceUsage().maxRSS / 1024;
  }

  async close(): Promise<void> {
    this.#api.free(this.#context);
    this.#api.freeModel(this.#model);
  }
}

/** The raw loop through koffi's synchronous calls, in this process. */
export function openRawBinding(koffi: Koffi, options: RawOptions): RawLoop {
  return new BoundLoop(koffi, options);
}
