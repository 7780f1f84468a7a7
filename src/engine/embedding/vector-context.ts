import type { LlamaModel } from "../model/llama-model.ts";
import type { VectorEvaluator } from "./vector-evaluator.ts";

/** What a context that makes vectors offers whatever they are for. */
export abstract class VectorContext {
  readonly model: LlamaModel;
  protected readonly evaluator: VectorEvaluator;

  /** @internal */
  constructor(model: LlamaModel, evaluator: VectorEvaluator) {
    this.model = model;
    this.evaluator = evaluator;
  }

  /** Tokens of the longest input; of a ranking, query and document together. */
  get contextSize(): number {
    return this.evaluator.contextSize;
  }
  get disposed(): boolean {
    return this.evaluator.disposed;
  }
  onDispose(listener: () => void): () => void {
    return this.evaluator.onDispose(listener);
  }
  /** Ends a running evaluation with a `disposed` error and gives the memory back. */
  dispose(): Promise<void> {
    return this.evaluator.dispose();
  }
  [Symbol.asyncDispose](): Promise<void> {
    return this.dispose();
  }
}
