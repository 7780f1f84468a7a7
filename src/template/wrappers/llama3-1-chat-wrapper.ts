import { llama3_1Format } from "../formats/llama.ts";
import { FormatChatWrapper } from "./format-chat-wrapper.ts";
import { type Llama3PreambleOptions, resolvePreamble } from "./llama3-preamble-options.ts";

/** Llama 3.1 and 3.3 instruct models. */
export class Llama3_1ChatWrapper extends FormatChatWrapper {
  readonly cuttingKnowledgeDate: Date | (() => Date) | null;
  readonly todayDate: Date | (() => Date) | null;
  readonly noToolInstructions: boolean;

  constructor(options: Llama3PreambleOptions = {}) {
    const preamble = resolvePreamble(options);
    super(llama3_1Format(preamble));
    this.cuttingKnowledgeDate = preamble.cuttingKnowledgeDate;
    this.todayDate = preamble.todayDate;
    this.noToolInstructions = preamble.noToolInstructions;
  }
}
