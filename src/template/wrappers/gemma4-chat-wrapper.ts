import { gemma4Format } from "../formats/gemma.ts";
import { FormatChatWrapper } from "./format-chat-wrapper.ts";

/** Gemma 4. */
export class Gemma4ChatWrapper extends FormatChatWrapper {
  readonly reasoning: boolean;
  readonly keepOnlyLastThought: boolean;

  /**
   * @param options `reasoning`: ask the model to think. Default `true`.
   * `keepOnlyLastThought`: thoughts of earlier responses are left out. Default `true`.
   */
  constructor({
    reasoning = true,
    keepOnlyLastThought = true,
  }: { reasoning?: boolean; keepOnlyLastThought?: boolean } = {}) {
    super(gemma4Format({ reasoning, keepOnlyLastThought }));
    this.reasoning = reasoning;
    this.keepOnlyLastThought = keepOnlyLastThought;
  }
}
