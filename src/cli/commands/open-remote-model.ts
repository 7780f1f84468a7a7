import type { RemoteLlama } from "../../remote/remote-llama.ts";
import type { RemoteModel } from "../../remote/remote-model.ts";
import type { CliIo } from "../cli-io.ts";
import type { EngineChoice } from "./engine-flags.ts";
import { resolveModel } from "./resolve-model.ts";

/**
 * Connects to an engine elsewhere. The file that `--model` names, if it names one, is read for its vocabulary.
 * @throws ColloquyError as `resolveModelFile` and `RemoteLlama.loadModel`
 */
export async function openRemoteModel(
  { engine, servedName }: EngineChoice,
  modelName: string | undefined,
  io: Pick<CliIo, "errors" | "interrupt">,
): Promise<{ llama: RemoteLlama; model: RemoteModel }> {
  const { getLlama } = await import("../../remote/get-llama.ts");
  const llama = await getLlama({ engine });
  try {
    const modelPath = modelName === undefined ? undefined : await resolveModel(modelName, io);
    const model = await llama.loadModel({ modelPath, servedName, loadSignal: io.interrupt });
    return { llama, model };
  } catch (error) {
    await llama.dispose();
    throw error;
  }
}
