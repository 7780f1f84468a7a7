import { ColloquyError } from "../../base/errors.ts";
import { Lock } from "../../base/lock.ts";
import type { Native } from "../../native/native.ts";
import type { Pointer } from "../../native/structs.ts";
import { modelFingerprint } from "../state/model-fingerprint.ts";
import { checkLoraFile } from "./check-lora-file.ts";
import type { ResolvedLora } from "./lora-options.ts";

/** Adapters in memory and how strongly each one works in a context. */
export interface ActiveAdapters {
  readonly pointers: readonly Pointer[];
  readonly scales: readonly number[];
  /** Tells contexts with different adapters apart: their states are not interchangeable. Empty without adapters. */
  readonly fingerprint: string;
}

/**
 * The LoRA adapters that were loaded for a model. Contexts share them; llama.cpp frees them with the model.
 */
export class LoraAdapters {
  readonly #native: Native;
  readonly #model: Pointer;
  readonly #architecture: string;
  /** By what the file holds, so that a file that was replaced is loaded anew. */
  readonly #loaded = new Map<string, Pointer>();
  /** llama.cpp keeps a list of a model's adapters and does not guard it. */
  readonly #lock = new Lock();

  constructor(native: Native, model: Pointer, architecture: string) {
    this.#native = native;
    this.#model = model;
    this.#architecture = architecture;
  }

  /**
   * Loads what is not there yet. One adapter named twice works with the sum of its scales.
   * @throws ColloquyError `model-not-found`, `model-file-invalid`, `model-file-unsupported`; the signal's reason
   */
  async load(lora: ResolvedLora, signal?: AbortSignal): Promise<ActiveAdapters> {
    const scales = new Map<string, number>();
    const pointers: Pointer[] = [];
    for (const [index, { filePath, scale }] of lora.adapters.entries()) {
      signal?.throwIfAborted();
      lora.onLoadProgress(index / lora.adapters.length);
      checkLoraFile(filePath, this.#architecture);
      const id = modelFingerprint(filePath);
      const pointer = await this.#lock.run(() => this.#loadOne(id, filePath));
      if (!scales.has(id)) pointers.push(pointer);
      scales.set(id, (scales.get(id) ?? 0) + scale);
    }
    if (lora.adapters.length > 0) lora.onLoadProgress(1);
    const fingerprint = [...scales].map(([id, scale]) => `${id} × ${scale}`).join(", ");
    return { pointers, scales: [...scales.values()], fingerprint };
  }

  async #loadOne(id: string, filePath: string): Promise<Pointer> {
    const known = this.#loaded.get(id);
    if (known !== undefined) return known;
    const { functions, log } = this.#native;
    log.takeRecent();
    const pointer = await functions.llama_adapter_lora_init.async(this.#model, filePath);
    if (pointer === null)
      throw new ColloquyError(
        "model-file-unsupported",
        `llama.cpp could not load the adapter "${filePath}"`,
        {
          cause: log.takeRecent() || undefined,
          hint: "it may be made for another model",
        },
      );
    this.#loaded.set(id, pointer);
    return pointer;
  }
}

/** Makes a new context use adapters. @throws ColloquyError `native-failure` */
export function activateAdapters({ functions, log }: Native, context: Pointer, active: ActiveAdapters): void {
  if (active.pointers.length === 0) return;
  const pointers = BigInt64Array.from(active.pointers);
  const scales = Float32Array.from(active.scales);
  if (functions.llama_set_adapters_lora(context, pointers, pointers.length, scales) !== 0)
    throw new ColloquyError("native-failure", "llama.cpp refused the adapters", {
      cause: log.takeRecent() || undefined,
    });
}
