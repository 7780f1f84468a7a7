import { ColloquyError } from "../../base/errors.ts";
import type { NativeFunctions } from "../../native/declarations.ts";
import type { Pointer } from "../../native/structs.ts";

/** `LLAMA_STATE_SEQ_FLAGS_PARTIAL_ONLY`: only what cannot be cut, that is recurrent states and window caches. */
export const partialState = 1;

/** The address of a buffer, for a call. */
const address = (bytes: ArrayBuffer) => new Uint8Array(bytes, 0, Math.min(1, bytes.byteLength));

/** Copies a sequence's state out, off the main thread. Only inside `scheduler.exclusive`. */
export async function readNativeState(
  functions: NativeFunctions,
  context: Pointer,
  id: number,
  flags = 0,
): Promise<ArrayBuffer> {
  const size = functions.llama_state_seq_get_size_ext(context, id, flags);
  const bytes = new ArrayBuffer(size);
  const written = await functions.llama_state_seq_get_data_ext.async(
    context,
    address(bytes),
    size,
    id,
    flags,
  );
  if (written !== size)
    throw new ColloquyError("native-failure", `llama.cpp wrote ${written} of ${size} bytes of state`);
  return bytes;
}

/** Copies a state in; false when llama.cpp refuses it. Only inside `scheduler.exclusive`. */
export async function writeNativeState(
  functions: NativeFunctions,
  context: Pointer,
  id: number,
  bytes: ArrayBuffer,
): Promise<boolean> {
  const set = functions.llama_state_seq_set_data_ext;
  return (await set.async(context, address(bytes), bytes.byteLength, id, 0)) > 0;
}

/** Copies a {@link partialState} in, at once; false when llama.cpp refuses it. Only between two decodes. */
export function writePartialState(
  functions: NativeFunctions,
  context: Pointer,
  id: number,
  bytes: ArrayBuffer,
): boolean {
  const set = functions.llama_state_seq_set_data_ext;
  return set(context, address(bytes), bytes.byteLength, id, partialState) > 0;
}
