import type { MessageTitleOptions } from "./message-title-options.ts";
import { TitledChatWrapper } from "./titled-chat-wrapper.ts";

/**
 * `User: ` and `Assistant: ` lines.
 * The titles are plain text, so a user who types one can imitate a message; prefer a format with special tokens.
 */
export class FalconChatWrapper extends TitledChatWrapper {
  constructor(options: MessageTitleOptions = {}) {
    super("falcon", { user: "User", model: "Assistant" }, options);
  }
}
