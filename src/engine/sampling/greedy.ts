import { ColloquyError } from "../../base/errors.ts";
import type { TokenMask } from "../../grammar/matcher.ts";

/**
 * The token with the highest logit, the lowest id among equals as in llama.cpp; -1 when all are `-Infinity`.
 * @throws ColloquyError `native-failure` when a logit is not a number
 */
export function argmax(logits: Float32Array): number {
  const size = logits.length;
  const blockEnd = size - (size % 8);
  let best = Number.NEGATIVE_INFINITY;
  let bestBlock = -1;
  // A NaN anywhere makes the sum NaN: one addition per element finds what comparisons pass over in silence.
  let sum = 0;
  for (let i = 0; i < blockEnd; i += 8) {
    const a = logits[i]!;
    const b = logits[i + 1]!;
    const c = logits[i + 2]!;
    const d = logits[i + 3]!;
    const e = logits[i + 4]!;
    const f = logits[i + 5]!;
    const g = logits[i + 6]!;
    const h = logits[i + 7]!;
    sum += a + b + (c + d) + (e + f + (g + h));
    if (a > best || b > best || c > best || d > best || e > best || f > best || g > best || h > best) {
      best = Math.max(best, a, b, c, d, e, f, g, h);
      bestBlock = i;
    }
  }
  for (let i = blockEnd; i < size; i++) {
    const x = logits[i]!;
    sum += x;
    if (x > best) {
      best = x;
      bestBlock = i;
    }
  }
  if (Number.isNaN(sum)) refuseNaN(logits);
  if (bestBlock < 0) return -1;
  while (logits[bestBlock] !== best) bestBlock++;
  return bestBlock;
}

/** {@link argmax} over the tokens that a mask allows; only these logits are read. */
export function argmaxAllowed(logits: Float32Array, mask: TokenMask): number {
  let best = Number.NEGATIVE_INFINITY;
  let token = -1;
  if (mask.ids !== undefined) {
    for (const id of mask.ids) {
      const x = logits[id]!;
      if (Number.isNaN(x)) throw nanFailure(id);
      if (x > best) {
        best = x;
        token = id;
      }
    }
    return token;
  }
  const { words } = mask;
  for (let w = 0; w < words.length; w++) {
    let bits = words[w]!;
    while (bits !== 0) {
      const bit = 31 - Math.clz32(bits & -bits);
      bits &= bits - 1;
      const id = (w << 5) | bit;
      const x = logits[id]!;
      if (x > best) {
        best = x;
        token = id;
      } else if (Number.isNaN(x)) throw nanFailure(id);
    }
  }
  return token;
}

/** The sum of infinities of both signs is NaN as well, so look closely before complaining. */
export function refuseNaN(logits: Float32Array): void {
  for (let id = 0; id < logits.length; id++) if (Number.isNaN(logits[id])) throw nanFailure(id);
}

export function nanFailure(id: number): ColloquyError {
  return new ColloquyError("native-failure", `The model's logit of token ${id} is not a number`, {
    hint: "the model file may be damaged, or its numbers overflow with the chosen key/value cache types",
  });
}
