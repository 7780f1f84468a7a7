import { InvalidArgumentError } from "../../base/errors.ts";

export interface LlamaEmbeddingOptions {
  vector: readonly number[];
}

/** How an embedding is written to a file or a database. */
export interface LlamaEmbeddingJSON {
  readonly type: "embedding";
  readonly vector: readonly number[];
}

/**
 * The meaning of a text as a vector, as the model gives it: not normalised. Only embeddings of the same model file can
 * be compared.
 */
export class LlamaEmbedding {
  readonly vector: readonly number[];

  constructor(options: LlamaEmbeddingOptions) {
    this.vector = Object.freeze(checkVector(options?.vector).slice());
  }

  toJSON(): LlamaEmbeddingJSON {
    return { type: "embedding", vector: this.vector };
  }

  /** @throws InvalidArgumentError when it is not what {@link toJSON} wrote */
  static fromJSON(json: LlamaEmbeddingJSON): LlamaEmbedding {
    return new LlamaEmbedding({ vector: checkVector(json?.vector) });
  }

  /**
   * The cosine of the angle between two embeddings, -1 to 1: dot product over the product of the lengths. 1 is the same
   * direction; texts of related meaning come close to it. An empty vector or one of zeros has no direction: such a one
   * gives 1 with another of zeros, else 0.
   * @throws InvalidArgumentError when the lengths differ
   * @example
   * const similarity = embedding.calculateCosineSimilarity(other);
   */
  calculateCosineSimilarity(other: LlamaEmbedding | LlamaEmbeddingJSON | readonly number[]): number {
    const vector = checkVector(isVector(other) ? other : other?.vector);
    const { length } = this.vector;
    if (vector.length !== length && length > 0 && vector.length > 0)
      throw new InvalidArgumentError(
        `Vectors of ${length} and ${vector.length} numbers cannot be compared: they come from different models`,
      );
    let product = 0;
    let square = 0;
    let otherSquare = 0;
    for (const value of this.vector) square += value * value;
    for (const [index, value] of vector.entries()) {
      product += value * (this.vector[index] ?? 0);
      otherSquare += value * value;
    }
    if (square === 0 || otherSquare === 0) return square === otherSquare && length === vector.length ? 1 : 0;
    return product / (Math.sqrt(square) * Math.sqrt(otherSquare));
  }
}

function isVector(value: unknown): value is readonly number[] {
  return Array.isArray(value);
}

function checkVector(vector: readonly number[] | undefined): readonly number[] {
  if (!isVector(vector) || !vector.every((value) => typeof value === "number"))
    throw new InvalidArgumentError("A vector must be an array of numbers");
  return vector;
}
