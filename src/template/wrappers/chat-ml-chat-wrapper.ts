import { chatMLFormat } from "../formats/chatml.ts";
import { FormatChatWrapper } from "./format-chat-wrapper.ts";

/** `<|im_start|>role … <|im_end|>`: the format of many open models. */
export class ChatMLChatWrapper extends FormatChatWrapper {
  constructor() {
    super(chatMLFormat);
  }
}
