import { llama2Format } from "../formats/llama.ts";
import { FormatChatWrapper } from "./format-chat-wrapper.ts";

/** Llama 2 chat models: `[INST] … [/INST]`. */
export class Llama2ChatWrapper extends FormatChatWrapper {
  /** @param options `addSpaceBeforeEos`: a space before the token that ends a response. Default `false`. */
  constructor(options: { addSpaceBeforeEos?: boolean } = {}) {
    super(llama2Format(options));
  }
}
