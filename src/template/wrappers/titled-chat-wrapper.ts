import { plainFormat } from "../formats/plain.ts";
import { FormatChatWrapper } from "./format-chat-wrapper.ts";
import type { MessageTitleOptions } from "./message-title-options.ts";

/** Formats in which a line of plain text tells who speaks; they differ in their default titles. */
export abstract class TitledChatWrapper extends FormatChatWrapper {
  readonly userMessageTitle: string;
  readonly modelResponseTitle: string;
  readonly middleSystemMessageTitle: string;

  constructor(
    name: Parameters<typeof plainFormat>[0],
    titles: { readonly user: string; readonly model: string },
    {
      userMessageTitle = titles.user,
      modelResponseTitle = titles.model,
      middleSystemMessageTitle = "System",
      allowSpecialTokensInTitles = false,
    }: MessageTitleOptions,
  ) {
    super(
      plainFormat(name, {
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
