import { ColloquyError } from "../../base/errors.ts";
import { readLocalGguf } from "../../gguf/read-local-gguf.ts";

/**
 * Checks the header of a LoRA adapter before native code sees the file: its form, its kind and the model it is for.
 * @throws ColloquyError `model-not-found`, `model-file-invalid`, `model-file-unsupported`
 */
export function checkLoraFile(filePath: string, architecture: string): void {
  const info = readLocalGguf(filePath);
  const refuse = (message: string, hint?: string): never => {
    throw new ColloquyError(
      "model-file-unsupported",
      `"${filePath}" ${message}`,
      hint === undefined ? {} : { hint },
    );
  };
  const text = (key: string) => String(info.metadataValues.get(key) ?? "");
  const kind = text("general.type") || "model";
  if (kind !== "adapter")
    refuse(`is not an adapter but of the type "${kind}"`, "a model is loaded by loadModel()");
  if (text("adapter.type") !== "lora")
    refuse(`is an adapter of the type "${text("adapter.type")}", only "lora" is supported`);
  if (text("general.architecture") !== architecture)
    refuse(
      `is for models of the architecture "${text("general.architecture")}", this one is "${architecture}"`,
    );
}
