import { basename } from "node:path";
import { UnsupportedError } from "../../base/errors.ts";
import type { CliIo } from "../cli-io.ts";
import type { EngineChoice } from "../commands/engine-flags.ts";
import { openRemoteModel } from "../commands/open-remote-model.ts";
import { type OpenSession, type SessionSettings, startSession, templateWrapper } from "./open-session.ts";

/** Opens a chat on an engine elsewhere. `model` names the file of its vocabulary; without one, the engine tells it. */
export async function openRemoteSession(
  choice: EngineChoice,
  settings: Pick<SessionSettings, "contextSize" | "chatTemplate" | "systemPrompt"> & { model?: string },
  io: CliIo,
): Promise<OpenSession> {
  const { llama, model } = await openRemoteModel(choice, settings.model, io);
  try {
    const chatWrapper = await templateWrapper(model, settings.chatTemplate);
    const context = await model.createContext({ contextSize: settings.contextSize });
    return {
      session: await startSession(context.getSequence(), chatWrapper, settings),
      modelName: basename(model.name, ".gguf"),
      hint: undefined,
      openImages: async () => {
        throw new UnsupportedError("media: images and sounds are offered by local models alone");
      },
      dispose: () => llama.dispose(),
    };
  } catch (error) {
    await llama.dispose();
    throw error;
  }
}
