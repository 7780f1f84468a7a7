import { InvalidArgumentError } from "../../base/errors.ts";

export interface InputLookupTokenPredictorOptions {
  /** Tokens that must recur before something is predicted. */
  patternLength?: { min?: number; max?: number };
  /** Tokens that are predicted. */
  predictionLength?: { min?: number; max?: number };
}

/**
 * node-llama-cpp's way to ask for drafts out of earlier text. Sequences draft by themselves and find their lengths by
 * measuring, so it is accepted by `context.getSequence({tokenPredictor})` and its lengths are not used.
 *
 * @example
 * const sequence = context.getSequence({ tokenPredictor: new InputLookupTokenPredictor() });
 */
export class InputLookupTokenPredictor {
  readonly patternLength: Readonly<{ min?: number; max?: number }>;
  readonly predictionLength: Readonly<{ min?: number; max?: number }>;

  /** @throws ColloquyError `invalid-argument` */
  constructor(options: InputLookupTokenPredictorOptions = {}) {
    const { patternLength = {}, predictionLength = {} } = options;
    for (const [name, range] of Object.entries({ patternLength, predictionLength })) {
      for (const length of [range.min, range.max]) {
        if (length !== undefined && !(Number.isInteger(length) && length >= 0))
          throw new InvalidArgumentError(`${name} must hold numbers of tokens, not ${String(length)}`);
      }
    }
    this.patternLength = patternLength;
    this.predictionLength = predictionLength;
  }
}
