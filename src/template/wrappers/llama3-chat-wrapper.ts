import { llama3Format } from "../formats/llama.ts";
import { FormatChatWrapper } from "./format-chat-wrapper.ts";

/** Llama 3 instruct models. */
export class Llama3ChatWrapper extends FormatChatWrapper {
  /** @param options `parallelFunctionCalling`: several calls at once. Default `true`. */
  constructor(options: { parallelFunctionCalling?: boolean } = {}) {
    super(llama3Format(options));
  }
}
