import { type HarmonyFormatOptions, type HarmonyReasoningEffort, harmonyFormat } from "../formats/harmony.ts";
import { FormatChatWrapper } from "./format-chat-wrapper.ts";
import { resolveDate } from "./llama3-preamble-options.ts";

export interface HarmonyChatWrapperOptions {
  /** Default: `"You are ChatGPT, a large language model trained by OpenAI."`. */
  modelIdentity?: string;
  /** `null` leaves the line out. Default June 2024. */
  cuttingKnowledgeDate?: Date | (() => Date) | number | string | null;
  /** `null` leaves the line out. Default: today, asked anew for every rendering. */
  todayDate?: Date | (() => Date) | number | string | null;
  /** `null` leaves the line out. Default `"medium"`. */
  reasoningEffort?: HarmonyReasoningEffort | null;
  /** Channels that the system message names. Default: all. */
  requiredChannels?: { analysis?: boolean; commentary?: boolean; final?: boolean };
  /** Thoughts of earlier responses are left out. Default `true`. */
  keepOnlyLastThought?: boolean;
}

/** OpenAI's gpt-oss models. */
export class HarmonyChatWrapper extends FormatChatWrapper {
  readonly modelIdentity: string;
  readonly cuttingKnowledgeDate: Date | (() => Date) | null;
  readonly todayDate: Date | (() => Date) | null;
  readonly reasoningEffort: HarmonyReasoningEffort | null;
  readonly requiredChannels: HarmonyFormatOptions["requiredChannels"];
  readonly keepOnlyLastThought: boolean;

  constructor({
    modelIdentity = "You are ChatGPT, a large language model trained by OpenAI.",
    cuttingKnowledgeDate = "2024-06-01T00:00:00Z",
    todayDate = () => new Date(),
    reasoningEffort = "medium",
    requiredChannels: { analysis = true, commentary = true, final = true } = {},
    keepOnlyLastThought = true,
  }: HarmonyChatWrapperOptions = {}) {
    const options: HarmonyFormatOptions = {
      modelIdentity,
      cuttingKnowledgeDate: resolveDate(cuttingKnowledgeDate),
      todayDate: resolveDate(todayDate),
      reasoningEffort,
      requiredChannels: { analysis, commentary, final },
      keepOnlyLastThought,
    };
    super(harmonyFormat(options));
    this.modelIdentity = options.modelIdentity;
    this.cuttingKnowledgeDate = options.cuttingKnowledgeDate;
    this.todayDate = options.todayDate;
    this.reasoningEffort = options.reasoningEffort;
    this.requiredChannels = options.requiredChannels;
    this.keepOnlyLastThought = options.keepOnlyLastThought;
  }
}
