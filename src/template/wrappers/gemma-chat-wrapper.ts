import { gemmaFormat } from "../formats/gemma.ts";
import { FormatChatWrapper } from "./format-chat-wrapper.ts";

/** Gemma 1 to 3. System prompts are put into the first user message. */
export class GemmaChatWrapper extends FormatChatWrapper {
  constructor() {
    super(gemmaFormat);
  }
}
