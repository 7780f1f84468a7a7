import { InvalidArgumentError } from "../../base/errors.ts";
import { type DeepSeekFunctionSyntax, deepSeekFormat } from "../formats/deepseek.ts";
import { FormatChatWrapper } from "./format-chat-wrapper.ts";

export interface DeepSeekChatWrapperOptions {
  /** Thoughts of earlier responses are left out. Default `true`. */
  keepOnlyLastThought?: boolean;
  /**
   * How calls are written: `"original"` is the trained syntax, `"simplified"` the one of V3.1, and
   * `"r1-workaround"` one that R1 distillations follow more reliably. Default `"r1-workaround"`.
   */
  functionCallingSyntax?: DeepSeekFunctionSyntax;
  /** Several calls at once; not with `"r1-workaround"`. Default `false`. */
  parallelFunctionCalling?: boolean;
}

/** DeepSeek V3, V3.1, R1 and its distillations. */
export class DeepSeekChatWrapper extends FormatChatWrapper {
  readonly keepOnlyLastThought: boolean;
  readonly functionCallingSyntax: DeepSeekFunctionSyntax;
  readonly parallelFunctionCalling: boolean;

  /** @throws ColloquyError `invalid-argument` for parallel calls with `"r1-workaround"` */
  constructor({
    keepOnlyLastThought = true,
    functionCallingSyntax = "r1-workaround",
    parallelFunctionCalling = false,
  }: DeepSeekChatWrapperOptions = {}) {
    if (parallelFunctionCalling && functionCallingSyntax === "r1-workaround")
      throw new InvalidArgumentError(
        'Parallel function calling is not possible with the "r1-workaround" syntax',
      );
    super(deepSeekFormat({ keepOnlyLastThought, functionCallingSyntax, parallelFunctionCalling }));
    this.keepOnlyLastThought = keepOnlyLastThought;
    this.functionCallingSyntax = functionCallingSyntax;
    this.parallelFunctionCalling = parallelFunctionCalling;
  }
}
