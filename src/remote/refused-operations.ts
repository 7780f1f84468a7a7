import { Disposable } from "../base/disposable.ts";
import { UnsupportedError } from "../base/errors.ts";
import { LiveSequence } from "../engine/live-sequence.ts";

/** Refuses what only cells in this process allow, by the name of the method that was called. */
function refuse(name: string, hint?: string): never {
  throw new UnsupportedError(`${name}: offered by models in this process alone`, { hint });
}

/** The part of a local sequence that an engine elsewhere has no request for. Every method throws `UnsupportedError`. */
export abstract class RefusedSequenceOperations extends LiveSequence {
  async fork(): Promise<never> {
    return refuse("fork", "a new sequence that begins with the same tokens finds them in the engine's cache");
  }
  evaluate(): never {
    return refuse("evaluate", "generate() takes the whole list of tokens");
  }
  async evaluateWithoutGeneratingNewTokens(): Promise<never> {
    return refuse("evaluateWithoutGeneratingNewTokens", "preload() takes the whole list of tokens");
  }
  async controlledEvaluate(): Promise<never> {
    return refuse("controlledEvaluate");
  }
  async eraseContextTokenRanges(): Promise<never> {
    return refuse("eraseContextTokenRanges", "pass the list without these tokens");
  }
  async takeCheckpoint(): Promise<never> {
    return refuse("takeCheckpoint");
  }
}

/** The part of a local model that an engine elsewhere has no request for. Every method throws `UnsupportedError`. */
export class RefusedModelOperations extends Disposable {
  async createEmbeddingContext(): Promise<never> {
    return refuse("createEmbeddingContext");
  }
  async createRankingContext(): Promise<never> {
    return refuse("createRankingContext");
  }
}
