import { mistralFormat } from "../formats/mistral.ts";
import { FormatChatWrapper } from "./format-chat-wrapper.ts";

/** Mistral's instruction models. A new chat has no system prompt unless one is given. */
export class MistralChatWrapper extends FormatChatWrapper {
  /** @param options `addSpaceBeforeEos`: a space before the token that ends a response. Default `false`. */
  constructor(options: { addSpaceBeforeEos?: boolean } = {}) {
    super(mistralFormat(options));
  }
}
