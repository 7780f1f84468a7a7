import type { LlamaContextSequence } from "../context/llama-context-sequence.ts";
import { createSampler, type SampledToken } from "../sampling/sampler.ts";
import type { Token } from "../token.ts";
import { probabilitiesOf } from "./candidate-figures.ts";
import { appendShifting } from "./context-shift.ts";
import {
  type NextInput,
  type SequenceEvaluateMetadataOptions,
  type SequenceEvaluateOptions,
  type SequenceEvaluateOutput,
  samplingOf,
} from "./evaluate-options.ts";

/** Evaluates tokens behind what the sequence holds, then chooses one after the other, each evaluated when the next is asked for. */
export async function* evaluateSequence<const Metadata extends SequenceEvaluateMetadataOptions>(
  sequence: LlamaContextSequence,
  tokens: readonly Token[],
  metadata: Metadata,
  options: SequenceEvaluateOptions,
): AsyncGenerator<SequenceEvaluateOutput<Metadata>, void, NextInput> {
  const sampler = createSampler(samplingOf(options), {
    vocabulary: sequence.model,
    history: [...sequence.contextTokens, ...tokens],
  });
  const append = {
    priority: options.evaluationPriority ?? 5,
    contextShift: options.contextShift ?? sequence.contextShift,
  };
  const request = { candidates: metadata.confidence === true || metadata.probabilities === true };
  let input = tokens;
  while (input.length > 0) {
    const grammar = grammarOf(options);
    let sampled: SampledToken | undefined;
    await appendShifting(sequence, input, 1, append, (rows) => {
      if (!grammar?.mustEnd || options.yieldEogToken) sampled = sampler.sample(rows(0), grammar, request);
    });
    if (sampled === undefined) return;
    const { token } = sampled;
    const isEnd = sequence.model.vocabulary.isEndToken(token);
    if (isEnd && !options.yieldEogToken) return;
    if (!isEnd) grammar?.accept(token);
    const given = yield outputOf(sampled, metadata);
    input = given === undefined ? [token] : typeof given === "number" ? [given] : given;
    for (const next of input) sampler.accept(next);
  }
}

function grammarOf({ grammarEvaluationState }: SequenceEvaluateOptions) {
  const state =
    typeof grammarEvaluationState === "function" ? grammarEvaluationState() : grammarEvaluationState;
  return state?.matcher;
}

function outputOf<const Metadata extends SequenceEvaluateMetadataOptions>(
  { token, candidates = [] }: SampledToken,
  metadata: Metadata,
): SequenceEvaluateOutput<Metadata> {
  const output: { token: Token; confidence?: number; probabilities?: Map<Token, number> } = { token };
  if (metadata.confidence === true || metadata.probabilities === true) {
    const probabilities = probabilitiesOf(candidates);
    if (metadata.probabilities === true) output.probabilities = probabilities;
    if (metadata.confidence === true) output.confidence = probabilities.get(token) ?? 0;
  }
  return output as SequenceEvaluateOutput<Metadata>;
}
