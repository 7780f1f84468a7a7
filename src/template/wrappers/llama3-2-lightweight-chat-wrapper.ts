import { llama3_2LightweightFormat } from "../formats/llama.ts";
import { FormatChatWrapper } from "./format-chat-wrapper.ts";
import { type Llama3PreambleOptions, resolvePreamble } from "./llama3-preamble-options.ts";

/** Llama 3.2 instruct models of 1B and 3B, which write calls as plain JSON. */
export class Llama3_2LightweightChatWrapper extends FormatChatWrapper {
  readonly cuttingKnowledgeDate: Date | (() => Date) | null;
  readonly todayDate: Date | (() => Date) | null;
  readonly noToolInstructions: boolean;

  constructor(options: Llama3PreambleOptions = {}) {
    const preamble = resolvePreamble(options);
    super(llama3_2LightweightFormat(preamble));
    this.cuttingKnowledgeDate = preamble.cuttingKnowledgeDate;
    this.todayDate = preamble.todayDate;
    this.noToolInstructions = preamble.noToolInstructions;
  }
}
