import koffi from "koffi";
import { ColloquyError } from "../base/errors.ts";
import { bindDeclarations } from "./bind-declarations.ts";
import { type MtmdFunctions, mtmdDeclarations } from "./mtmd-declarations.ts";
import { type Native, routeLog } from "./native.ts";
import { type MediaParamsStruct, mtmdContextParams } from "./structs.ts";

/** `mtmd_input_chunk_type` in mtmd.h */
export const mediaChunkTypes = { text: 0, image: 1, audio: 2 } as const;

/** `sizeof(mtmd_context_params)` in mtmd.h of llama.cpp 0.5.0, on 64-bit platforms. */
const paramsBytes = 96;

/** Defaults of the library, so that fields are pinned from both ends of the struct. */
const paramsDefaults: Partial<MediaParamsStruct> = {
  use_gpu: true,
  print_timings: true,
  n_threads: 4,
  image_marker: null,
  flash_attn_type: -1,
  warmup: true,
  image_min_tokens: -1,
  image_max_tokens: -1,
  batch_max_tokens: 1024,
  progress_callback: null,
};

const loaded = new Map<string, MtmdFunctions>();

/**
 * Loads libmtmd beside a loaded llama.cpp, once per file, checks it, and routes its log.
 * @param build what the library must say of itself
 * @throws ColloquyError `no-binary`, `wrong-binary-version`
 */
export function loadMtmd(native: Native, file: string, build: string): MtmdFunctions {
  const known = loaded.get(file);
  if (known !== undefined) return known;
  let functions: MtmdFunctions;
  try {
    const handle = koffi.load(file);
    const llama = koffi.load(native.libraries.files.llama);
    functions = bindDeclarations(mtmdDeclarations, (library) => (library === "llama" ? llama : handle));
  } catch (cause) {
    throw new ColloquyError("no-binary", `Could not load ${file}`, {
      cause,
      hint: 'run "colloquy media build --force"',
    });
  }
  const problems = findProblems(functions, build);
  if (problems.length > 0)
    throw new ColloquyError("wrong-binary-version", `${file} does not fit: ${problems.join("; ")}`, {
      hint: 'run "colloquy media build --force"',
    });
  routeLog(native.log, functions.mtmd_helper_log_set);
  loaded.set(file, functions);
  return functions;
}

function findProblems(functions: MtmdFunctions, build: string): string[] {
  const actual = functions.colloquy_media_build();
  if (actual !== build) return [`it is "${actual}", not "${build}"`];
  const bytes = koffi.sizeof(mtmdContextParams);
  const layout = bytes === paramsBytes ? [] : [`mtmd_context_params has ${bytes} bytes, not ${paramsBytes}`];
  const params = functions.mtmd_context_params_default();
  const wrong = Object.entries(paramsDefaults)
    .filter(([field, value]) => params[field as keyof MediaParamsStruct] !== value)
    .map(([field, value]) => `${field} is ${String(params[field as keyof MediaParamsStruct])}, not ${value}`);
  return [...layout, ...wrong];
}
