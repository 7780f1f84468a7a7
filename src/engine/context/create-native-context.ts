import { ColloquyError, InsufficientMemoryError } from "../../base/errors.ts";
import type { Native } from "../../native/native.ts";
import type { ContextParamsStruct, Pointer } from "../../native/structs.ts";
import type { LlamaModel } from "../model/llama-model.ts";

/**
 * Creates a native context off the main thread, and frees it again when nobody wants it any more.
 * @param room What there was no memory for, as errors say it.
 * @throws InsufficientMemoryError; ColloquyError `disposed`; the signal's reason
 */
export async function createNativeContext(
  model: LlamaModel,
  native: Native,
  params: ContextParamsStruct,
  room: { readonly text: string; readonly hint: string },
  signal: AbortSignal | undefined,
): Promise<Pointer> {
  const { functions, log } = native;
  log.takeRecent();
  const pointer = await functions.llama_init_from_model.async(model.pointer, params);
  if (pointer === null)
    throw new InsufficientMemoryError(`llama.cpp could not create a context ${room.text}`, {
      cause: log.takeRecent() || undefined,
      hint: room.hint,
    });
  if (signal?.aborted || model.disposed) {
    await functions.llama_free.async(pointer);
    signal?.throwIfAborted();
    throw new ColloquyError("disposed", "The model was disposed while its context was created");
  }
  return pointer;
}
