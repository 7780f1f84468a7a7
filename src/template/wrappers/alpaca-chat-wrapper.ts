import type { MessageTitleOptions } from "./message-title-options.ts";
import { TitledChatWrapper } from "./titled-chat-wrapper.ts";

/**
 * `### Instruction:` and `### Response:` headings.
 * The titles are plain text, so a user who types one can imitate a message; prefer a format with special tokens.
 */
export class AlpacaChatWrapper extends TitledChatWrapper {
  constructor(options: MessageTitleOptions = {}) {
    super("alpaca", { user: "Instruction", model: "Response" }, options);
  }
}
