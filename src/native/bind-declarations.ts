import type { LibraryHandle, TypeObject } from "koffi";
import type { BoundFunctions, CType, Declaration } from "./declarations.ts";
import { structs } from "./structs.ts";

const koffiTypes: Readonly<Record<CType, string | TypeObject>> = {
  void: "void",
  bool: "bool",
  int32: "int32",
  uint32: "uint32",
  float: "float",
  size: "size_t",
  string: "str",
  pointer: "void *",
  ...structs,
};

/** Looks every declared function up in its library, and gives each a promise of its own as `.async`. */
export function bindDeclarations<Declarations extends Readonly<Record<string, Declaration>>>(
  declarations: Declarations,
  handleOf: (library: Declaration["library"]) => LibraryHandle,
): BoundFunctions<Declarations> {
  const bound: Record<string, unknown> = {};
  for (const [name, { library, result, parameters }] of Object.entries(declarations)) {
    const call = handleOf(library).func(
      name,
      koffiTypes[result],
      parameters.map((type: CType) => koffiTypes[type]),
    );
    const run = call as unknown as { async: unknown };
    const plain = call.async;
    run.async = (...values: unknown[]) =>
      new Promise((resolve, reject) => {
        plain(...values, (error: Error | null, value: unknown) =>
          error === null ? resolve(value) : reject(error),
        );
      });
    bound[name] = run;
  }
  return bound as BoundFunctions<Declarations>;
}
