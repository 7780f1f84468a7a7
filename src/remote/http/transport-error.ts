import { ColloquyError } from "../../base/errors.ts";

/** The way to the engine broke: the same request may succeed when it is sent again. */
export class TransportError extends ColloquyError {
  constructor(message: string, cause?: unknown) {
    super("native-failure", message, { cause });
  }
}
