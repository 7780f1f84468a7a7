import { plainFormat } from "../formats/plain.ts";
import { FormatChatWrapper } from "./format-chat-wrapper.ts";
import type { MessageTitleOptions } from "./message-title-options.ts";

/**
 * `### Human` and `### Assistant` headings, for models without a chat format of their own.
 * The titles are plain text, so a user who types one can imitate a message; prefer a format with special tokens.
 */
export class GeneralChatWrapper extends FormatChatWrapper {
  readonly userMessageTitle: string;
  readonly modelResponseTitle: string;
  readonly middleSystemMessageTitle: string;

  constructor({
    userMessageTitle = "Human",
    modelResponseTitle = "Assistant",
    middleSystemMessageTitle = "System",
    allowSpecialTokensInTitles = false,
  }: MessageTitleOptions = {}) {
    super(
      plainFormat("general", {
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
