import { type FunctionaryVariation, functionaryFormat } from "../formats/functionary.ts";
import { FormatChatWrapper } from "./format-chat-wrapper.ts";

/** MeetKai's Functionary models. */
export class FunctionaryChatWrapper extends FormatChatWrapper {
  readonly variation: FunctionaryVariation;

  /** @param options `variation`: the version of the model. Default `"v3"`. */
  constructor({ variation = "v3" }: { variation?: FunctionaryVariation } = {}) {
    super(functionaryFormat(variation));
    this.variation = variation;
  }
}
