import path from "node:path";
import { InvalidArgumentError } from "../../base/errors.ts";

export interface LoraAdapterOptions {
  filePath: string;
  /** Strength of the adapter; 0 is off. Default 1. */
  scale?: number;
}

export interface LoraOptions {
  adapters: readonly LoraAdapterOptions[];
  /** Called with 0 to 1 as the adapters are loaded. */
  onLoadProgress?: (progress: number) => void;
}

/** Option `lora` of `createContext()` with every default filled in. */
export interface ResolvedLora {
  readonly adapters: readonly Required<LoraAdapterOptions>[];
  readonly onLoadProgress: (progress: number) => void;
}

/** @throws InvalidArgumentError naming what is wrong */
export function resolveLoraOptions(lora: string | LoraOptions | undefined): ResolvedLora {
  const list = typeof lora === "string" ? [{ filePath: lora }] : lora === undefined ? [] : lora?.adapters;
  if (!Array.isArray(list))
    throw new InvalidArgumentError("lora must be a path or {adapters: [{filePath, scale}]}");
  const onLoadProgress = (typeof lora === "object" && lora.onLoadProgress) || (() => {});
  if (typeof onLoadProgress !== "function")
    throw new InvalidArgumentError("lora.onLoadProgress must be a function");
  return { adapters: list.map(resolveAdapter), onLoadProgress };
}

function resolveAdapter(adapter: LoraAdapterOptions): Required<LoraAdapterOptions> {
  const { filePath, scale = 1 } = adapter ?? {};
  if (typeof filePath !== "string" || filePath === "")
    throw new InvalidArgumentError("Every adapter of lora needs a filePath");
  if (typeof scale !== "number" || !Number.isFinite(scale))
    throw new InvalidArgumentError(
      `The scale of "${filePath}" must be a finite number, not ${String(scale)}`,
    );
  return { filePath: path.resolve(filePath), scale };
}
