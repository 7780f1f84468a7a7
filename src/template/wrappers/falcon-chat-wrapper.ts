import { plainFormat } from "../formats/plain.ts";
import { FormatChatWrapper } from "./format-chat-wrapper.ts";
import type { MessageTitleOptions } from "./message-title-options.ts";

/**
 * `User: ` and `Assistant: ` lines.
 * The titles are plain text, so a user who types one can imitate a message; prefer a format with special tokens.
 */
export class FalconChatWrapper extends FormatChatWrapper {
  readonly userMessageTitle: string;
  readonly modelResponseTitle: string;
  readonly middleSystemMessageTitle: string;

  constructor({
    userMessageTitle = "User",
    modelResponseTitle = "Assistant",
    middleSystemMessageTitle = "System",
    allowSpecialTokensInTitles = false,
  }: MessageTitleOptions = {}) {
    super(
      plainFormat("falcon", {
        user: userMessageTitle,
        model: modelResponseTitle,
        system: middleSystemMessageTitle,
        special: allowSpecialTokensInTitles,
      }),
    );
    this.userMessageTitle = userMessageTitle;
    this.modelResponseTitle = modelResponseTitle;
    this.middleSystemMessageTitle = middleSystemMessageTitle;
  }
}
