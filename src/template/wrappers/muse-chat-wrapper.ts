import { museFormat } from "../formats/muse.ts";
import { FormatChatWrapper } from "./format-chat-wrapper.ts";
import { resolveDate } from "./llama3-preamble-options.ts";

export interface MuseChatWrapperOptions {
  /** Default `"high"`. */
  reasoningStrength?: string;
  /** Thoughts of earlier responses are left out. Default `false`. */
  keepOnlyLastThought?: boolean;
  /** `null` leaves the line out. Default 4 January 2026. */
  knowledgeCutoff?: Date | (() => Date) | number | string | null;
  /** `null` leaves the line out. Default: today, asked anew for every rendering. */
  todayDate?: Date | (() => Date) | number | string | null;
}

/** Meta's Muse models. */
export class MuseChatWrapper extends FormatChatWrapper {
  readonly reasoningStrength: string;
  readonly keepOnlyLastThought: boolean;
  readonly knowledgeCutoff: Date | (() => Date) | null;
  readonly todayDate: Date | (() => Date) | null;

  constructor({
    reasoningStrength = "high",
    keepOnlyLastThought = false,
    knowledgeCutoff = "2026-01-04T00:00:00Z",
    todayDate = () => new Date(),
  }: MuseChatWrapperOptions = {}) {
    const dates = { knowledgeCutoff: resolveDate(knowledgeCutoff), todayDate: resolveDate(todayDate) };
    super(museFormat({ reasoningStrength, keepOnlyLastThought, ...dates }));
    this.reasoningStrength = reasoningStrength;
    this.keepOnlyLastThought = keepOnlyLastThought;
    this.knowledgeCutoff = dates.knowledgeCutoff;
    this.todayDate = dates.todayDate;
  }
}
