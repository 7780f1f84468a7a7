import type { LanguageModel } from "../../engine/context-sequence.ts";
import type { ChatWrapper } from "../../template/chat-wrapper.ts";
import { resolveChatWrapper } from "../../template/resolve-chat-wrapper.ts";

/** The chat wrapper that fits a model. */
export function autoChatWrapper(model: LanguageModel): ChatWrapper {
  return resolveChatWrapper(model);
}
