import { InvalidArgumentError, UnsupportedError } from "../../base/errors.ts";
import type { Native } from "../../native/native.ts";
import type { LlamaModel } from "../model/llama-model.ts";
import type { Token } from "../token.ts";
import { type EvaluatorInput, tokenizeInput } from "./evaluator-input.ts";
import {
  type RankingLayout,
  type RankingOverflow,
  type RankingTemplate,
  rankingInputs,
  rankingTokens,
  resolveRankingLayout,
} from "./ranking-input.ts";
import { VectorContext } from "./vector-context.ts";
import { VectorEvaluator } from "./vector-evaluator.ts";
import type { VectorContextOptions } from "./vector-options.ts";

export interface LlamaRankingContextOptions extends VectorContextOptions {
  /**
   * Where query and document go. Special tokens in the template are recognised, those in query and document are text.
   * Default: the template of the model's file, else the special tokens that ranking models are trained with.
   */
  template?: RankingTemplate;
}

export interface RankingOptions {
  /**
   * A document that does not fit with the query: `"throw"` (default) a `context-overflow` error, or `"maxChunk"`: rank
   * pieces that overlap by half and take the best score.
   */
  onOverflow?: RankingOverflow;
  signal?: AbortSignal;
}

/** Architectures whose ranking head gives probabilities already: `build_pooling` in llama.cpp's llama-graph.cpp. */
const givesProbabilities = new Set(["qwen3", "qwen3vl"]);

/**
 * Ranks documents by how well they answer a query, with a model that was trained for it. Made by
 * `model.createRankingContext()`.
 *
 * @example
 * const context = await model.createRankingContext();
 * const [best] = await context.rankAndSort("What is a cat?", ["Cats are animals.", "It rains."]);
 */
export class LlamaRankingContext extends VectorContext {
  readonly #layout: RankingLayout;

  private constructor(model: LlamaModel, evaluator: VectorEvaluator, layout: RankingLayout) {
    super(model, evaluator);
    this.#layout = layout;
  }

  /** @internal */
  static async create(
    model: LlamaModel,
    native: Native,
    options: LlamaRankingContextOptions,
  ): Promise<LlamaRankingContext> {
    const heads = ["cls.weight", "cls.output.weight"];
    if (!model.fileInfo.fullTensorInfo?.some(({ name }) => heads.includes(name)))
      throw new UnsupportedError(`"${model.filename}" has no ranking head: it was not trained to rank`);
    const layout = resolveRankingLayout(model, options?.template);
    const evaluator = await VectorEvaluator.create("The ranking context", model, native, options, true);
    return new LlamaRankingContext(model, evaluator, layout);
  }

  /**
   * The probability, 0 to 1, that the document is relevant to the query: the logistic function of the model's score.
   * @throws ColloquyError `context-overflow`, `invalid-argument`, `disposed`, `native-failure`; the signal's reason
   */
  async rank(query: EvaluatorInput, document: EvaluatorInput, options: RankingOptions = {}): Promise<number> {
    const [score] = await this.rankAll(query, [document], options);
    return score!;
  }

  /** {@link rank} for each document. Nothing is read when one of them does not fit. */
  async rankAll(
    query: EvaluatorInput,
    documents: readonly EvaluatorInput[],
    options: RankingOptions = {},
  ): Promise<number[]> {
    this.evaluator.check();
    if (!Array.isArray(documents)) throw new InvalidArgumentError("documents must be an array");
    const queryTokens = this.#tokens(query);
    const inputs = documents.map((document) =>
      rankingInputs(
        this.model,
        this.#layout,
        queryTokens,
        this.#tokens(document),
        this.contextSize,
        options.onOverflow,
      ),
    );
    const scores: number[] = [];
    for (const pieces of inputs) {
      let best = 0;
      for (const piece of pieces) best = Math.max(best, await this.#score(piece, options.signal));
      scores.push(best);
    }
    return scores;
  }

  /** The documents with their scores, best first; equal ones in the order in which they were given. */
  async rankAndSort<const T extends string>(
    query: EvaluatorInput,
    documents: readonly T[],
    options: RankingOptions = {},
  ): Promise<{ document: T; score: number }[]> {
    const scores = await this.rankAll(query, documents, options);
    return documents
      .map((document, index) => ({ document, score: scores[index]! }))
      .sort((a, b) => b.score - a.score);
  }

  /** How many tokens a query and a document take: they fit when that is at most `contextSize`. */
  calculateInputLength(query: EvaluatorInput, document: EvaluatorInput): number {
    return rankingTokens(this.model, this.#layout, this.#tokens(query), this.#tokens(document)).length;
  }

  async #score(input: readonly Token[], signal: AbortSignal | undefined): Promise<number> {
    if (input.length === 0) return 0;
    const [score = 0] = await this.evaluator.evaluate(input, signal);
    return givesProbabilities.has(this.model.architecture) ? score : 1 / (1 + Math.exp(-score));
  }

  #tokens(input: EvaluatorInput): Token[] {
    return tokenizeInput(this.model, input, "trimLeadingSpace");
  }
}
