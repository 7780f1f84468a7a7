import { ColloquyError } from "../../base/errors.ts";
import type { NativeFunctions } from "../../native/declarations.ts";
import type { Pointer } from "../../native/structs.ts";

/** `LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY`: only what cannot be cut, that is recurrent states and window caches. */
export const partialState = 1;

/** Copies a sequence's state out, off the main thread. Only inside `scheduler.exclusive`. */
export async function readNativeState(
  functions: NativeFunctions,
  context: Pointer,
  id: number,
  flags = 0,
): Promise<Uint8Array> {
  const size = functions.llama_state_seq_get_size_ext(context, id, flags);
  const bytes = Buffer.allocUnsafeSlow(size);
  const written = await functions.llama_state_seq_get_data_ext.async(context, bytes, size, id, flags);
  if (written !== size)
    throw new ColloquyError("native-failure", `llama.cpp wrote ${written} of ${size} bytes of state`);
  return bytes;
}

/** Copies a state in; false when llama.cpp refuses it. Only inside `scheduler.exclusive`. */
export async function writeNativeState(
  functions: NativeFunctions,
  context: Pointer,
  id: number,
  bytes: Uint8Array,
  flags = 0,
): Promise<boolean> {
  return (await functions.llama_state_seq_set_data_ext.async(context, bytes, bytes.length, id, flags)) > 0;
}
