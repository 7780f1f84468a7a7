import koffi from "koffi";
import { allocate } from "./memory.ts";
import type { Native } from "./native.ts";
import type { Pointer } from "./structs.ts";

/** Threads of ggml's CPU backend that live as long as a context. */
export interface NativeThreadPool {
  readonly pointer: Pointer;
  free(): void;
}

// `ggml_threadpool_params` in ggml.h: 512 bytes of CPU mask, then three 32-bit fields and two flags.
const paramsBytes = 528;
const pollAt = 520;
/**
 * How long a thread spins for the next graph before it sleeps. Not at all: a thread that spins between two tokens takes a
 * core that the other threads of this process are then put behind, and waking it costs a hundredth of a token's time.
 */
const pollLevel = 0;
const cpuDeviceType = 0;

/**
 * Makes a pool. Without one, ggml creates and ends its threads in every decode; in a process with threads of its own,
 * the new ones often begin on a core that is taken, and all others wait for them at the next barrier.
 * @returns `undefined` when the backend has no pools
 */
export function createThreadPool({ functions }: Native, threads: number): NativeThreadPool | undefined {
  const device = functions.ggml_backend_dev_by_type(cpuDeviceType);
  const registry = device === null ? null : functions.ggml_backend_dev_backend_reg(device);
  if (registry === null) return undefined;
  const create = functions.ggml_backend_reg_get_proc_address(registry, "ggml_threadpool_new");
  const end = functions.ggml_backend_reg_get_proc_address(registry, "ggml_threadpool_free");
  if (create === null || end === null) return undefined;
  const params = allocate(paramsBytes);
  functions.ggml_threadpool_params_init(params.pointer, threads);
  new Uint32Array(params.buffer, pollAt, 1)[0] = pollLevel;
  const pool = koffi.call(create, koffi.proto("void *", ["void *"]), params.pointer) as Pointer | null;
  params.free();
  if (pool === null) return undefined;
  return { pointer: pool, free: () => koffi.call(end, koffi.proto("void", ["void *"]), pool) };
}
