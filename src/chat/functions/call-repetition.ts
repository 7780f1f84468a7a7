import { ColloquyError } from "../../base/errors.ts";
import type { LlamaChatResponseFunctionCall } from "../generation/options.ts";

/** Equal calls in a row after which a model is taken to be stuck. */
export const equalCallsMax = 8;
/** Calls in one response. */
export const callsPerResponseMax = 256;

/** Watches the calls of one response for a model that does nothing else. */
export class CallRepetition {
  #last = "";
  #equal = 0;
  #total = 0;

  /** @throws ColloquyError `function-loop` */
  add({ functionName, params }: LlamaChatResponseFunctionCall): void {
    const key = `${functionName} ${JSON.stringify(params)}`;
    this.#equal = key === this.#last ? this.#equal + 1 : 1;
    this.#last = key;
    this.#total++;
    if (this.#equal > equalCallsMax) {
      throw new ColloquyError(
        "function-loop",
        `The model called "${functionName}" with the same parameters more than ${equalCallsMax} times in a row`,
      );
    }
    if (this.#total > callsPerResponseMax) {
      throw new ColloquyError(
        "function-loop",
        `The model made more than ${callsPerResponseMax} calls in one response`,
      );
    }
  }
}
