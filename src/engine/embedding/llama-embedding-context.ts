import type { Native } from "../../native/native.ts";
import type { LlamaModel } from "../model/llama-model.ts";
import type { Token } from "../token.ts";
import { addBoundaryTokens, type EvaluatorInput, tokenizeInput } from "./evaluator-input.ts";
import { LlamaEmbedding } from "./llama-embedding.ts";
import { VectorContext } from "./vector-context.ts";
import { VectorEvaluator } from "./vector-evaluator.ts";
import type { VectorContextOptions } from "./vector-options.ts";

export type LlamaEmbeddingContextOptions = VectorContextOptions;

/**
 * Makes embeddings. Made by `model.createEmbeddingContext()`.
 *
 * The vector is pooled as the model says (mean, first or last token); a model that says nothing, such as one made to
 * write, gives the vector of the last token. It is not normalised.
 *
 * @example
 * const context = await model.createEmbeddingContext();
 * const cat = await context.getEmbeddingFor("a cat");
 * const dog = await context.getEmbeddingFor("a dog");
 * cat.calculateCosineSimilarity(dog);
 */
export class LlamaEmbeddingContext extends VectorContext {
  /** @internal */
  static async create(
    model: LlamaModel,
    native: Native,
    options: LlamaEmbeddingContextOptions,
  ): Promise<LlamaEmbeddingContext> {
    const evaluator = await VectorEvaluator.create("The embedding context", model, native, options, false);
    return new LlamaEmbeddingContext(model, evaluator);
  }

  /**
   * The embedding of an input; of an input without tokens, an empty one.
   * @throws ColloquyError `context-overflow` with the numbers, `invalid-argument`, `disposed`; the signal's reason
   */
  async getEmbeddingFor(
    input: EvaluatorInput,
    options: { signal?: AbortSignal } = {},
  ): Promise<LlamaEmbedding> {
    this.evaluator.check();
    const tokens = this.#tokens(input);
    if (tokens.length === 0) return new LlamaEmbedding({ vector: [] });
    return new LlamaEmbedding({ vector: await this.evaluator.evaluate(tokens, options.signal) });
  }

  /** How many tokens an input takes, with the special tokens around it: it fits when that is at most `contextSize`. */
  calculateInputLength(input: EvaluatorInput): number {
    return this.#tokens(input).length;
  }

  #tokens(input: EvaluatorInput): Token[] {
    const tokens = tokenizeInput(this.model, input);
    return tokens.length === 0 ? tokens : addBoundaryTokens(this.model, tokens);
  }
}
