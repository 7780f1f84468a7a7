import koffi, { type LibraryHandle } from "koffi";
import { ColloquyError } from "../base/errors.ts";
import { bindDeclarations } from "./bind-declarations.ts";
import { declarations, type NativeFunctions } from "./declarations.ts";
import { NativeLog } from "./log.ts";
import type { ResolvedLibraries } from "./platform.ts";
import { checkStructs } from "./struct-check.ts";
import type { Pointer } from "./structs.ts";

/** The version of llama.cpp whose headers the declarations follow. */
export const llamaCppVersion = "0.5.0";

/** llama.cpp, loaded and checked. There is one per process: its backends and its log are global. */
export interface Native {
  readonly functions: NativeFunctions;
  readonly log: NativeLog;
  readonly libraries: ResolvedLibraries;
  /** The C function `size_t strlen(const char*)`: true-or-false readers of a flag byte for native threads. */
  readonly flagReader: Pointer;
}

let loaded: Native | undefined;

/**
 * Loads the shared libraries (once per process), checks version and struct layouts, and takes over the log.
 * @throws ColloquyError `no-binary`, `wrong-binary-version`, `native-failure`
 */
export function loadNative(libraries: ResolvedLibraries): Native {
  if (loaded !== undefined) {
    if (loaded.libraries.directory !== libraries.directory)
      throw new ColloquyError(
        "unsupported",
        `This process already runs llama.cpp from ${loaded.libraries.packageName}`,
        {
          hint: "one process uses one platform package; start another process for another device",
        },
      );
    return loaded;
  }
  const functions = bindFunctions(libraries);
  const version = functions.llama_version() ?? "";
  if (!version.startsWith(llamaCppVersion))
    throw new ColloquyError(
      "wrong-binary-version",
      `@node-llama-cpp/${libraries.packageName} carries llama.cpp ${version}, colloquy needs ${llamaCppVersion}`,
    );
  checkStructs(functions.llama_model_default_params(), functions.llama_context_default_params());
  const log = new NativeLog();
  routeLog(log, functions.llama_log_set);
  functions.ggml_backend_load_all_from_path(libraries.directory);
  if (libraries.extraDirectory !== undefined)
    functions.ggml_backend_load_all_from_path(libraries.extraDirectory);
  functions.llama_backend_init();
  loaded = { functions, log, libraries, flagReader: libc().symbol("strlen") as Pointer };
  return loaded;
}

/** The native library of this process, if {@link loadNative} was called. */
export function loadedNative(): Native | undefined {
  return loaded;
}

function libc(): LibraryHandle {
  return koffi.load(process.platform === "win32" ? "msvcrt.dll" : null);
}

function bindFunctions(libraries: ResolvedLibraries): NativeFunctions {
  // The order matters: each library needs the symbols of the ones before it.
  const handles: Record<string, LibraryHandle> = {};
  for (const name of ["base", "ggml", "llama"] as const) {
    try {
      handles[name] = koffi.load(libraries.files[name]);
    } catch (cause) {
      throw new ColloquyError("no-binary", `Could not load ${libraries.files[name]}`, { cause });
    }
  }
  return bindDeclarations(declarations, (library) => handles[library]!);
}

/**
 * llama.cpp logs from any thread. A callback from a pool thread waits until the main thread is free, so whatever logs
 * much runs with `.async` while the main thread is free; a callback on the main thread is a plain call.
 * @param set the function of a library that takes a `ggml_log_callback`
 */
export function routeLog(log: NativeLog, set: (callback: Pointer, data: null) => void): void {
  const type = koffi.pointer(koffi.proto("void", ["int32", "str", "void *"]));
  const callback = koffi.register((level: number, text: string | null) => log.write(level, text ?? ""), type);
  set(callback as Pointer, null);
  // Threads of the libraries may log while the process ends, when JavaScript cannot be called any more.
  process.once("exit", () => set(libc().symbol("abs") as Pointer, null));
}
