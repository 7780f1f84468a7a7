import { expect, test } from "vitest";
import { LlamaEmbedding } from "./llama-embedding.ts";
import { piecesOf } from "./ranking-input.ts";

const embedding = (...vector: number[]) => new LlamaEmbedding({ vector });

test("the cosine says how alike directions are, whatever the lengths", () => {
  expect(embedding(1, 0).calculateCosineSimilarity(embedding(5, 0))).toBe(1);
  expect(embedding(1, 0).calculateCosineSimilarity([0, 2])).toBe(0);
  expect(embedding(1, 1).calculateCosineSimilarity({ type: "embedding", vector: [-2, -2] })).toBeCloseTo(
    -1,
    12,
  );
  expect(embedding(3, 4).calculateCosineSimilarity([4, 3])).toBeCloseTo(24 / 25, 12);
});

test("vectors without a direction are alike among themselves only", () => {
  expect(embedding(0, 0).calculateCosineSimilarity([0, 0])).toBe(1);
  expect(embedding(0, 0).calculateCosineSimilarity([0, 1])).toBe(0);
  expect(embedding().calculateCosineSimilarity([])).toBe(1);
  expect(embedding().calculateCosineSimilarity([1, 2])).toBe(0);
});

test("JSON keeps it; the vector is a copy that cannot be changed", () => {
  const vector = [1, -2, 0.5];
  const original = new LlamaEmbedding({ vector });
  vector[0] = 9;
  const copy = LlamaEmbedding.fromJSON(JSON.parse(JSON.stringify(original)));
  expect(copy.vector).toEqual([1, -2, 0.5]);
  expect(Object.isFrozen(copy.vector)).toBe(true);
});

test("what is no vector, or one of another length, is refused", () => {
  for (const vector of [undefined, "1,2", [1, "2"]])
    expect(() => new LlamaEmbedding({ vector: vector as never })).toThrow(/array of numbers/);
  expect(() => LlamaEmbedding.fromJSON(null as never)).toThrow(/array of numbers/);
  expect(() => embedding(1, 2).calculateCosineSimilarity([1])).toThrow(/2 and 1/);
  expect(() => embedding(1, 2).calculateCosineSimilarity(undefined as never)).toThrow(/array of numbers/);
});

test("pieces cover a list, are equally long, and repeat at least the overlap", () => {
  for (let size = 1; size <= 30; size++)
    for (let length = 1; length <= 8; length++)
      for (const overlap of [0, 0.3, 0.5, 1]) {
        const list = Array.from({ length: size }, (_, index) => index);
        const pieces = piecesOf(list, length, overlap);
        expect(new Set(pieces.flat()).size).toBe(size);
        for (const [index, piece] of pieces.entries()) {
          expect(piece).toHaveLength(Math.min(length, size));
          const before = pieces[index - 1];
          const shared = before?.filter((item) => piece.includes(item)).length ?? length;
          expect(shared).toBeGreaterThanOrEqual(Math.min(length - 1, Math.ceil(length * overlap)));
        }
        expect(pieces.at(-1)!.at(-1)).toBe(size - 1);
      }
});
