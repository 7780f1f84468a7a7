import { ColloquyError } from "../../base/errors.ts";
import type { CliIo } from "../cli-io.ts";
import { withProgress } from "../terminal/with-progress.ts";

/**
 * Path of the model file that `--model` names, fetched first when needed; without a name the default model's.
 * @throws ColloquyError as `resolveModelFile` and `resolveDefaultModel`
 */
export async function resolveModel(
  name: string | undefined,
  { errors, interrupt: signal }: Pick<CliIo, "errors" | "interrupt">,
): Promise<string> {
  if (name !== undefined) {
    const { resolveModelFile } = await import("../../models/resolve-model-file.ts");
    return withProgress(errors, name, (onProgress) =>
      resolveModelFile(name, { cli: false, onProgress, signal, deleteTempFileOnCancel: false }),
    );
  }
  const { defaultModel, resolveDefaultModel } = await import("../../models/default/default-model.ts");
  try {
    return await resolveDefaultModel({ download: false });
  } catch (error) {
    if (!(error instanceof ColloquyError && error.code === "model-not-found")) throw error;
  }
  const megabytes = Math.round(defaultModel.sizeBytes / 1e6);
  errors.write(`The default model ${defaultModel.name} (${megabytes} MB) is fetched once.\n`);
  return withProgress(errors, defaultModel.name, (onProgress) => resolveDefaultModel({ onProgress, signal }));
}
