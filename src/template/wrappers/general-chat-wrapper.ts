import type { MessageTitleOptions } from "./message-title-options.ts";
import { TitledChatWrapper } from "./titled-chat-wrapper.ts";

/**
 * `### Human` and `### Assistant` headings, for models without a chat format of their own.
 * The titles are plain text, so a user who types one can imitate a message; prefer a format with special tokens.
 */
export class GeneralChatWrapper extends TitledChatWrapper {
  constructor(options: MessageTitleOptions = {}) {
    super("general", { user: "Human", model: "Assistant" }, options);
  }
}
