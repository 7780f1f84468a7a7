import { InvalidArgumentError } from "../../base/errors.ts";
import type { LlamaContextSequence } from "../context/llama-context-sequence.ts";
import type { EvaluationPriority } from "../context-sequence.ts";
import { draftTokensMax } from "../drafts/draft-policy.ts";
import type { SamplingOptions } from "../sampling/options.ts";
import { createSampler } from "../sampling/sampler.ts";
import type { Token } from "../token.ts";
import { probabilitiesOf, type RankedLogits, totalLogitWeight } from "./candidate-figures.ts";
import { appendShifting, type ContextShiftOptions } from "./context-shift.ts";
import { samplingOf } from "./evaluate-options.ts";

/** Which logits to tell: those of some tokens. */
export interface LogitsFilter {
  tokens: readonly Token[];
  /** With the highest one. Default `false`. */
  includeMax?: boolean;
  /** With the lowest one. Default `false`. */
  includeMin?: boolean;
  /** With that of the chosen token. Default `false`. */
  includeSelected?: boolean;
  /** With so many of the highest ones. Default 0. */
  includeTop?: number;
}

/** What to find out about the token that would come next. */
export interface GenerateNextOptions {
  /** Choose it. Default `false`. */
  token?: boolean;
  /** The probability of the choice. Default `false`. */
  confidence?: boolean;
  /** The probabilities of all tokens that the options leave, best first. Default `false`. */
  probabilities?: boolean;
  /** Their logits, best first. Default `false`. */
  logits?: boolean | { filter: LogitsFilter };
  /** The sum of `exp(logit - highest logit)` over them. Default `false`. */
  totalLogitWeight?: boolean;
  /** How it is chosen. Default: greedy. */
  options?: SamplingOptions;
}

export type ControlledEvaluateInputItem =
  | Token
  | [token: Token, options: { generateNext?: GenerateNextOptions }];

export interface ControlledEvaluateIndexOutput {
  next: {
    token?: Token | null;
    confidence?: number;
    probabilities?: Map<Token, number>;
    logits?: Map<Token, number>;
    totalLogitWeight?: number;
  };
}

export interface ControlledEvaluateOptions {
  /** Default 5. */
  evaluationPriority?: EvaluationPriority;
  /** What leaves a sequence that is full. Default: what `getSequence()` was given. */
  contextShift?: ContextShiftOptions;
  /** Called with each result as it is there. */
  onTokenResult?(inputTokenIndex: number, result: ControlledEvaluateIndexOutput): void;
}

/** A context keeps the logits of so many tokens of a sequence at a time. */
const outputsMax = 1 + draftTokensMax;

/** Evaluates tokens behind what the sequence holds and finds out what was asked about each. */
export async function controlledEvaluate(
  sequence: LlamaContextSequence,
  input: readonly ControlledEvaluateInputItem[],
  options: ControlledEvaluateOptions,
): Promise<(ControlledEvaluateIndexOutput | undefined)[]> {
  if (!Array.isArray(input)) throw new InvalidArgumentError("controlledEvaluate() takes an array of tokens");
  const tokens = input.map((item) => (typeof item === "number" ? item : item[0]) as Token);
  const wanted = input.map((item) =>
    typeof item === "number" ? undefined : wantedOf(item[1]?.generateNext),
  );
  const before = sequence.contextTokens;
  const results = new Array<ControlledEvaluateIndexOutput | undefined>(input.length).fill(undefined);
  const append = {
    priority: options.evaluationPriority ?? 5,
    contextShift: options.contextShift ?? sequence.contextShift,
  };
  for (const { start, end, outputs } of stepsOf(wanted.map((next) => next !== undefined))) {
    const found: number[] = [];
    await appendShifting(sequence, tokens.slice(start, end), outputs, append, (rows) => {
      for (let index = end - outputs; index < end; index++) {
        const next = wanted[index];
        if (next === undefined) continue;
        const history = [...before, ...tokens.slice(0, index + 1)];
        results[index] = { next: figuresOf(sequence, rows(index - (end - outputs)), next, history) };
        found.push(index);
      }
    });
    for (const index of found) options.onTokenResult?.(index, results[index]!);
  }
  return results;
}

/** One evaluation: tokens `[start, end)`, with the logits of the last `outputs`. */
export interface ControlledStep {
  readonly start: number;
  readonly end: number;
  readonly outputs: number;
}

/** Cuts a list into evaluations: tokens without logits together, those with logits in groups of at most {@link outputsMax}. */
export function stepsOf(wanted: readonly boolean[], groupMax = outputsMax): ControlledStep[] {
  const steps: ControlledStep[] = [];
  let start = 0;
  while (start < wanted.length) {
    const first = wanted.indexOf(true, start);
    const plainEnd = first < 0 ? wanted.length : first;
    if (plainEnd > start) steps.push({ start, end: plainEnd, outputs: 0 });
    if (first < 0) break;
    const end = wanted.slice(0, first + groupMax).lastIndexOf(true) + 1;
    steps.push({ start: first, end, outputs: end - first });
    start = end;
  }
  return steps;
}

function wantedOf(next: GenerateNextOptions | undefined): GenerateNextOptions | undefined {
  if (next === undefined) return undefined;
  const { token, confidence, probabilities, logits, totalLogitWeight: weight } = next;
  return token || confidence || probabilities || weight || logits ? next : undefined;
}

function figuresOf(
  sequence: LlamaContextSequence,
  logits: Float32Array,
  next: GenerateNextOptions,
  history: readonly Token[],
): ControlledEvaluateIndexOutput["next"] {
  const sampler = createSampler(samplingOf(next.options ?? {}), { vocabulary: sequence.model, history });
  const needsCandidates = next.confidence || next.probabilities || next.totalLogitWeight || next.logits;
  const { token, candidates = [] } = sampler.sample(logits, undefined, {
    candidates: Boolean(needsCandidates),
  });
  const output: ControlledEvaluateIndexOutput["next"] = {};
  if (next.token) output.token = token;
  if (next.confidence) output.confidence = probabilitiesOf(candidates).get(token) ?? 0;
  if (next.probabilities) output.probabilities = probabilitiesOf(candidates);
  if (next.totalLogitWeight) output.totalLogitWeight = totalLogitWeight(candidates);
  if (next.logits) output.logits = new Map(filterLogits(candidates, token, next.logits));
  return output;
}

function filterLogits(
  candidates: RankedLogits,
  selected: Token,
  wanted: true | { filter: LogitsFilter },
): RankedLogits {
  if (wanted === true) return candidates;
  const { tokens = [], includeMax, includeMin, includeSelected, includeTop = 0 } = wanted.filter ?? {};
  const kept = new Set<Token>(tokens);
  if (includeSelected) kept.add(selected);
  const top = Math.max(includeTop, includeMax ? 1 : 0);
  const last = includeMin ? candidates.length - 1 : -1;
  return candidates.filter(([token], index) => index < top || index === last || kept.has(token));
}
