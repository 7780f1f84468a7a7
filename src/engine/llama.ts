import os from "node:os";
import { Disposable } from "../base/disposable.ts";
import { InvalidArgumentError } from "../base/errors.ts";
import type { BuiltinGrammarName } from "../grammar/builtin/builtin-grammars.ts";
import type { GbnfJsonDefList, GbnfJsonSchema, JsonSchemaOptions } from "../grammar/json-schema/index.ts";
import { allocate } from "../native/memory.ts";
import { llamaCppVersion, loadNative, type Native } from "../native/native.ts";
import {
  idleGpu,
  type LlamaGpuType,
  platformPackages,
  platformPackageVersion,
  resolveLibraries,
} from "../native/platform.ts";
import { builtinLlamaGrammar, LlamaGrammar, type LlamaGrammarOptions } from "./llama-grammar.ts";
import { LlamaJsonSchemaGrammar } from "./llama-json-schema-grammar.ts";
import {
  checkLlamaOptions,
  type LlamaNuma,
  type LlamaOptions,
  type MemoryPadding,
  numaStrategy,
} from "./llama-options.ts";
import {
  type LlamaLogLevel,
  LlamaLogLevelGreaterThanOrEqual,
  LlamaLogLevelValues,
  logLevelOf,
} from "./log-level.ts";
import { type RamState, ramState, swapState } from "./machine-memory.ts";
import { LlamaModel } from "./model/llama-model.ts";
import type { LlamaModelOptions } from "./model/model-options.ts";
import { usableCores } from "./threads/usable-cores.ts";

/**
 * Loads llama.cpp and returns the entry to everything else.
 *
 * @example
 * const llama = await getLlama();
 * const model = await llama.loadModel({modelPath: "model.gguf"});
 * @throws ColloquyError `no-binary`, `wrong-binary-version`, `invalid-argument`, `unsupported`
 */
export async function getLlama(
  options: LlamaOptions | "lastBuild" = {},
  more: LlamaOptions = {},
): Promise<Llama> {
  const resolved = options === "lastBuild" ? more : options;
  checkLlamaOptions(resolved);
  const [best, ...rest] = resolveLibraries(resolved.gpu ?? "auto");
  let native: Native;
  try {
    native = loadNative(best!);
  } catch (error) {
    const cpu = rest.at(-1);
    if (resolved.gpu !== undefined && resolved.gpu !== "auto") throw error;
    if (cpu === undefined || best!.gpu === false) throw error;
    native = loadNative(cpu);
  }
  return new Llama(native, resolved);
}

/** The devices that llama.cpp has builds for here (`"allValid"`), or those whose package is installed (`"supported"`). */
export async function getLlamaGpuTypes(
  include: "supported" | "allValid" = "supported",
): Promise<LlamaGpuType[]> {
  if (include !== "supported" && include !== "allValid")
    throw new InvalidArgumentError(`getLlamaGpuTypes() takes "supported" or "allValid"`);
  const all = platformPackages().map(({ gpu }) => gpu);
  if (include === "allValid") return all;
  return resolveLibraries("auto").map(({ gpu }) => gpu);
}

function defaultLogger(level: LlamaLogLevel, message: string): void {
  process.stderr.write(`[llama.cpp ${level}] ${message}\n`);
}

function paddingBytes(
  padding: MemoryPadding | undefined,
  total: number,
  share: number,
  maxBytes: number,
): number {
  if (typeof padding === "number") return padding;
  return padding === undefined ? Math.min(total * share, maxBytes) : padding(total);
}

/** llama.cpp on this machine. Made by {@link getLlama}; disposing it disposes every model and context made with it. */
export class Llama extends Disposable {
  /** The device that models are loaded onto; `false` is the CPU. */
  readonly gpu: LlamaGpuType;
  /** A device of this machine that is not used because its package is not installed, with the way to add it. */
  readonly hint: string | undefined;
  readonly numa: LlamaNuma;
  readonly llamaCppRelease = { repo: "ggml-org/llama.cpp", release: `v${llamaCppVersion}` } as const;
  readonly buildType = "prebuilt" as const;
  /** @internal */
  readonly native: Native;
  readonly #options: LlamaOptions;
  #logLevel: LlamaLogLevel;
  #logger: (level: LlamaLogLevel, message: string) => void;
  #maxThreads: number;

  /** @internal */
  constructor(native: Native, options: LlamaOptions) {
    super("Llama");
    this.native = native;
    this.#options = options;
    this.gpu = native.libraries.gpu;
    this.numa = options.numa ?? false;
    this.#logLevel = options.logLevel ?? "disabled";
    this.#logger = options.logger ?? defaultLogger;
    this.#maxThreads = options.maxThreads ?? 0;
    const idle = this.gpu === false && (options.gpu ?? "auto") === "auto" ? idleGpu() : undefined;
    this.hint =
      idle &&
      `This machine has a ${idle.gpu} device that is not used: run "npx colloquy gpu add ${idle.name}"`;
    this.scope.add(
      native.log.addSink((level, text) => {
        const own = logLevelOf(level);
        if (LlamaLogLevelGreaterThanOrEqual(this.#logLevel, own)) this.#logger(own, text);
      }),
    );
    if (this.hint !== undefined && LlamaLogLevelGreaterThanOrEqual(this.#logLevel, "info"))
      this.#logger("info", this.hint);
    if (this.numa !== false) native.functions.llama_numa_init(numaStrategy(this.numa));
  }

  /**
   * Loads a model file.
   * @throws ColloquyError `model-not-found`, `model-file-invalid`, `model-file-unsupported`, `insufficient-memory`, `aborted`
   */
  async loadModel(options: LlamaModelOptions): Promise<LlamaModel> {
    this.scope.check();
    const model = await LlamaModel.load(this, options);
    if (this.disposed) {
      await model.dispose();
      this.scope.check();
    }
    model.onDispose(this.scope.add(() => model.dispose()));
    return model;
  }

  /**
   * A grammar from its GBNF text.
   * @throws ColloquyError `grammar-invalid`, `grammar-limit`
   */
  async createGrammar(options: LlamaGrammarOptions): Promise<LlamaGrammar> {
    return new LlamaGrammar(options);
  }

  /**
   * A grammar for replies that are JSON of a schema. Listed properties are all required, in their order, unless
   * `options.dialect` is `"standard"`.
   * @throws ColloquyError `grammar-unsupported` naming path and keyword, `grammar-invalid`, `grammar-limit`
   */
  async createGrammarForJsonSchema<
    const Schema extends GbnfJsonSchema<Definitions>,
    Definitions extends GbnfJsonDefList = GbnfJsonDefList,
  >(schema: Schema, options?: JsonSchemaOptions): Promise<LlamaJsonSchemaGrammar<Schema, Definitions>> {
    return new LlamaJsonSchemaGrammar<Schema, Definitions>(schema, options);
  }

  /** A built-in grammar: `"json"`, `"json_arr"`, `"english"`, `"list"`, `"c"`, `"arithmetic"`, `"japanese"`, `"chess"`. */
  async getGrammarFor(name: BuiltinGrammarName): Promise<LlamaGrammar> {
    return builtinLlamaGrammar(name);
  }

  get logLevel(): LlamaLogLevel {
    return this.#logLevel;
  }
  set logLevel(level: LlamaLogLevel) {
    if (!LlamaLogLevelValues.includes(level))
      throw new InvalidArgumentError(`Unknown log level ${String(level)}`);
    this.#logLevel = level;
  }

  get logger(): (level: LlamaLogLevel, message: string) => void {
    return this.#logger;
  }
  set logger(logger: (level: LlamaLogLevel, message: string) => void) {
    if (typeof logger !== "function") throw new InvalidArgumentError("logger must be a function");
    this.#logger = logger;
  }

  /** Most threads an evaluation uses; 0 means the usable cores. Contexts made later follow a change. */
  get maxThreads(): number {
    return this.#maxThreads;
  }
  set maxThreads(count: number) {
    if (!Number.isInteger(count) || count < 0)
      throw new InvalidArgumentError("maxThreads must be an integer of 0 or more");
    this.#maxThreads = count;
  }

  /** Cores that this process may use: affinity and control-group quota, not the host's count. */
  get cpuMathCores(): number {
    return usableCores();
  }

  get systemInfo(): string {
    return this.native.functions.llama_print_system_info() ?? "";
  }
  get supportsGpuOffloading(): boolean {
    return this.gpu !== false && this.native.functions.llama_supports_gpu_offload();
  }
  get supportsMmap(): boolean {
    return this.native.functions.llama_supports_mmap();
  }
  get gpuSupportsMmap(): boolean {
    return this.supportsMmap && this.gpu !== false;
  }
  get supportsMlock(): boolean {
    return this.native.functions.llama_supports_mlock();
  }
  get cmakeOptions(): Readonly<Record<string, string>> {
    return {};
  }

  /** Video memory of all devices, bytes; zeros without a device. */
  async getVramState(): Promise<{ total: number; used: number; free: number; unifiedSize: number }> {
    const { functions } = this.native;
    const block = allocate(16);
    const sizes = new BigUint64Array(block.buffer);
    let [total, free] = [0, 0];
    for (let index = 0; index < functions.ggml_backend_dev_count(); index++) {
      const device = functions.ggml_backend_dev_get(index);
      // 1 is GGML_BACKEND_DEVICE_TYPE_GPU in ggml-backend.h.
      if (device === null || functions.ggml_backend_dev_type(device) !== 1) continue;
      functions.ggml_backend_dev_memory(device, block.pointer, block.pointer + 8n);
      free += Number(sizes[0]);
      total += Number(sizes[1]);
    }
    block.free();
    return { total, free, used: total - free, unifiedSize: this.gpu === "metal" ? total : 0 };
  }

  async getRamState(): Promise<RamState> {
    return this.ramStateSync();
  }
  /** @internal */
  ramStateSync(): RamState {
    return ramState();
  }

  async getSwapState(): Promise<{ total: number; free: number }> {
    return swapState();
  }

  async getGpuDeviceNames(): Promise<string[]> {
    const { functions } = this.native;
    const names: string[] = [];
    for (let index = 0; index < functions.ggml_backend_dev_count(); index++) {
      const device = functions.ggml_backend_dev_get(index);
      if (device !== null && functions.ggml_backend_dev_type(device) === 1)
        names.push(functions.ggml_backend_dev_description(device) ?? "");
    }
    return names;
  }

  /** Memory that automatic sizes leave free, bytes. */
  get ramPaddingSize(): number {
    return paddingBytes(this.#options.ramPadding, os.totalmem(), 0.1, 2 ** 30);
  }
  async vramPaddingSize(): Promise<number> {
    return paddingBytes(this.#options.vramPadding, (await this.getVramState()).total, 0.08, 1.2e9);
  }
}

/** The release of the platform packages this version of colloquy works with. */
export const nativeRelease = platformPackageVersion;
