import type { LanguageModel } from "../../engine/context-sequence.ts";
import type { ChatWrapper } from "../../template/chat-wrapper.ts";
import { chatMLFormat } from "../../template/formats/chatml.ts";
import { FormatChatWrapper } from "../../template/wrappers/format-chat-wrapper.ts";

/** The chat wrapper that fits a model. */
export function autoChatWrapper(_model: LanguageModel): ChatWrapper {
  return new FormatChatWrapper(chatMLFormat);
}
