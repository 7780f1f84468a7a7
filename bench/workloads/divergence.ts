import type { SequenceLike } from "../sides/library.ts";

/** A sequence that tells the probabilities of what it might write. */
export interface ScoringSequence extends SequenceLike {
  generate(
    target: readonly number[],
    options: Readonly<Record<string, unknown>>,
  ): AsyncGenerator<{
    readonly token: number;
    readonly logprobs?: { readonly top: readonly (readonly [token: number, logProbability: number])[] };
  }>;
}

export interface Divergence {
  /** Mean over the tokens of KL(fresh ‖ other), nats. */
  readonly kl: number;
  /** Share of the tokens at which both have the same best token. */
  readonly top1: number;
}

const wholeVocabulary = 1 << 20;

async function nextDistribution(sequence: ScoringSequence, target: readonly number[], edit: string) {
  const options = { maxTokens: 1, logprobs: wholeVocabulary, edit };
  // At the end of a reply nothing is yielded, so that there is nothing to compare.
  for await (const { logprobs } of sequence.generate(target, options)) return logprobs!.top;
  return undefined;
}

/**
 * How far a sequence whose cells were moved is from one that read everything: both read the greedy text of the fresh
 * one, token by token, and their distributions over the whole vocabulary are compared at each.
 */
export async function divergence(
  moved: ScoringSequence,
  fresh: ScoringSequence,
  target: readonly number[],
  tokens: number,
): Promise<Divergence> {
  const text = [...target];
  let [sum, same, count] = [0, 0, 0];
  while (count < tokens) {
    const right = await nextDistribution(fresh, text, "exact");
    if (right === undefined) break;
    const other = await nextDistribution(moved, text, "shift");
    // The moved one may end its reply here: its distribution cannot be seen, and the two do not agree.
    if (other !== undefined) {
      const logOf = new Map(other);
      for (const [token, log] of right) sum += Math.exp(log) * (log - logOf.get(token)!);
      if (other[0]![0] === right[0]![0]) same++;
    }
    count++;
    text.push(right[0]![0]);
  }
  return { kl: sum / count, top1: same / count };
}
