import { InvalidArgumentError, UnsupportedError } from "../../base/errors.ts";

/** How far the building of the library of images is. */
export interface MediaBuildProgress {
  readonly stage: "fetching" | "compiling";
  /** 0 to 1. */
  readonly progress: number;
}

/** What a build of the library of images would take. */
export interface MediaBuildRequest {
  /** The compiler that would be used, as it names itself. */
  readonly compiler: string;
  /** What would be downloaded, bytes. */
  readonly downloadBytes: number;
}

export interface MediaLibraryOptions {
  /**
   * Whether it may be built when the first image is used: about a minute of compiling. `"never"` (default): the prompt
   * fails with `media-unsupported`; `"auto"`: it is built; a function is asked.
   * @example build: async ({compiler}) => (await ask(`Build with ${compiler}?`)) === "yes"
   */
  readonly build?:
    | "never"
    | "auto"
    | ((request: MediaBuildRequest) => boolean | Promise<boolean>)
    | undefined;
  readonly onProgress?: ((progress: MediaBuildProgress) => void) | undefined;
}

export interface LlamaModelOptions {
  /** The GGUF file; for a split model its first part. */
  modelPath: string;
  /**
   * The model's projector ("mmproj"), which turns images and sounds into something that the model reads. It is loaded
   * when the first one is evaluated. Default: the one beside the model, if there is one that fits by name and width;
   * `false` for none.
   */
  mmprojPath?: string | false;
  /** What becomes of the first image when the library that runs projectors is not there. */
  mediaLibrary?: MediaLibraryOptions;
  /**
   * Layers on the compute device. `"auto"` (default): as many as its free memory takes, `"max"`: all,
   * a number: exactly so many, `{min, max}`: as many as fit within these bounds. Without a device always 0.
   */
  gpuLayers?: "auto" | "max" | number | { min?: number; max?: number; fitContext?: { contextSize?: number } };
  /** Load the vocabulary alone: tokens without weights. Default false. */
  vocabOnly?: boolean;
  /** Map the file into memory instead of reading it. Default true where the system can. */
  useMmap?: "auto" | boolean;
  /** Keep the weights in memory: never swapped out. Default false. */
  useMlock?: boolean;
  /** Read past the system's file cache. Default false. */
  useDirectIo?: boolean;
  /** Check every tensor for invalid values while loading. Default false: it reads the whole file. */
  checkTensors?: boolean;
  /** Default of `createContext({flashAttention})` for this model. Default "auto". */
  defaultContextFlashAttention?: boolean | "auto";
  /** Called with 0 to 1 while the file loads. */
  onLoadProgress?: (progress: number) => void;
  /** Aborts the loading. */
  loadSignal?: AbortSignal;
  /** Load even when the estimate says that the model does not fit. Default false. */
  ignoreMemorySafetyChecks?: boolean;
  /** Not offered; refused by name. */
  metadataOverrides?: never;
}

/** @throws InvalidArgumentError, UnsupportedError naming the option */
export function checkModelOptions(options: LlamaModelOptions): void {
  if (
    options === null ||
    typeof options !== "object" ||
    typeof options.modelPath !== "string" ||
    options.modelPath === ""
  )
    throw new InvalidArgumentError("loadModel() takes {modelPath: string, …}", {
      hint: "use resolveModelFile() to turn a model URI into a path",
    });
  const { gpuLayers, mediaLibrary, metadataOverrides, mmprojPath, onLoadProgress } = options;
  if (
    mmprojPath !== undefined &&
    mmprojPath !== false &&
    (typeof mmprojPath !== "string" || mmprojPath === "")
  )
    throw new InvalidArgumentError("mmprojPath must be the path of a projector's file, or false");
  for (const [name, value] of Object.entries({ modelPath: options.modelPath, mmprojPath }))
    if (typeof value === "string" && /^(hf|huggingface|https?):/i.test(value))
      throw new InvalidArgumentError(`${name} must be a path, not "${value}"`, {
        hint: `${name}: await resolveModelFile("${value}")`,
      });
  const build = mediaLibrary?.build;
  if (build !== undefined && build !== "never" && build !== "auto" && typeof build !== "function")
    throw new InvalidArgumentError('mediaLibrary.build must be "never", "auto" or a function');
  if (metadataOverrides !== undefined)
    throw new UnsupportedError("metadataOverrides is not offered", { hint: "write a corrected GGUF file" });
  if (onLoadProgress !== undefined && typeof onLoadProgress !== "function")
    throw new InvalidArgumentError("onLoadProgress must be a function");
  const bounds =
    typeof gpuLayers === "object" && gpuLayers !== null
      ? [gpuLayers.min ?? 0, gpuLayers.max ?? 0]
      : [gpuLayers ?? 0];
  for (const value of bounds)
    if (value !== "auto" && value !== "max" && !(Number.isInteger(value) && (value as number) >= 0))
      throw new InvalidArgumentError(
        `gpuLayers must be "auto", "max", a number of layers or {min, max}, not ${String(value)}`,
      );
}

/** `llama_load_mode` in llama.h. */
export function loadMode(options: LlamaModelOptions): number {
  if (options.useDirectIo) return 4;
  const map = options.useMmap !== false;
  if (options.useMlock) return map ? 3 : 2;
  return map ? 1 : 0;
}
