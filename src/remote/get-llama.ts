import { InvalidArgumentError } from "../base/errors.ts";
import { getLlama as getLocalLlama, type Llama } from "../engine/llama.ts";
import type { LlamaOptions } from "../engine/llama-options.ts";
import { RemoteLlama } from "./remote-llama.ts";
import type { RemoteEngineOptions } from "./remote-options.ts";

/**
 * Loads llama.cpp and returns the entry to everything else; or, with `engine`, connects to a distributed engine, on
 * which the same sessions run.
 *
 * @example
 * const llama = await getLlama();
 * const model = await llama.loadModel({modelPath: "model.gguf"});
 * @example
 * const llama = await getLlama({engine: {type: "llama-server", url: "http://cluster:8080"}});
 * @throws ColloquyError `no-binary`, `wrong-binary-version`, `invalid-argument`, `unsupported`
 */
export function getLlama(options: { engine: RemoteEngineOptions }): Promise<RemoteLlama>;
export function getLlama(options?: LlamaOptions | "lastBuild", more?: LlamaOptions): Promise<Llama>;
export async function getLlama(
  options: (LlamaOptions & { engine?: RemoteEngineOptions }) | "lastBuild" = {},
  more?: LlamaOptions,
): Promise<Llama | RemoteLlama> {
  if (options === "lastBuild" || options === null || options.engine === undefined)
    return getLocalLlama(options, more);
  const others = Object.keys(options).filter((name) => name !== "engine");
  if (others.length > 0)
    throw new InvalidArgumentError(`${others.join(", ")} cannot be set where the engine is elsewhere`);
  return new RemoteLlama(options.engine);
}
