import { type QwenThoughts, type QwenVariation, qwenFormat } from "../formats/qwen.ts";
import { FormatChatWrapper } from "./format-chat-wrapper.ts";

export interface QwenChatWrapperOptions {
  /** Thoughts of earlier responses are left out. Default `true`. */
  keepOnlyLastThought?: boolean;
  /**
   * `"discourage"` starts the response with an empty thought. `"modelInitiated"`: a thought is never begun for the
   * model (variation 3.5). Default `"auto"`.
   */
  thoughts?: QwenThoughts;
  /** `"3"` is right for Qwen 2.5 as well. Default `"3"`. */
  variation?: QwenVariation;
}

/** Qwen 2.5, 3 and 3.5. */
export class QwenChatWrapper extends FormatChatWrapper {
  readonly keepOnlyLastThought: boolean;
  readonly thoughts: QwenThoughts;
  readonly variation: QwenVariation;

  constructor({
    keepOnlyLastThought = true,
    thoughts = "auto",
    variation = "3",
  }: QwenChatWrapperOptions = {}) {
    super(qwenFormat({ keepOnlyLastThought, thoughts, variation }));
    this.keepOnlyLastThought = keepOnlyLastThought;
    this.thoughts = thoughts;
    this.variation = variation;
  }
}
