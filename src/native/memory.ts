import koffi from "koffi";
import type { Pointer } from "./structs.ts";

/** A block of native memory, zeroed, and JavaScript's view on it. */
export interface NativeBlock {
  readonly pointer: Pointer;
  readonly buffer: ArrayBuffer;
  free(): void;
}

export function allocate(byteLength: number): NativeBlock {
  const pointer = koffi.alloc("uint8", byteLength) as Pointer;
  const buffer = koffi.view(pointer, byteLength);
  new Uint8Array(buffer).fill(0);
  return { pointer, buffer, free: () => koffi.free(pointer) };
}

/** JavaScript's view on memory that C owns. It costs 63 µs to make, so keep it; it must not outlive the memory. */
export function viewMemory(pointer: Pointer, byteLength: number): ArrayBuffer {
  return koffi.view(pointer, byteLength);
}

/** A C function that calls `callback` on the main thread, and the way to give it back. */
export function registerProgress(callback: (progress: number) => boolean): {
  pointer: Pointer;
  free(): void;
} {
  const type = koffi.pointer(koffi.proto("bool", ["float", "void *"]));
  const pointer = koffi.register(callback, type) as Pointer;
  return { pointer, free: () => koffi.unregister(pointer) };
}
