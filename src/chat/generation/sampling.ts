import type { LanguageModel } from "../../engine/context-sequence.ts";
import type { RepeatPenaltyOptions, SamplingOptions } from "../../engine/sampling/options.ts";
import type { Token } from "../../engine/token.ts";
import type { TextSamplingOptions } from "./options.ts";

const defaultLastTokens = 64;

/** The engine's sampling options for a reply that so far consists of `replyTokens()`. */
export function resolveSampling(
  options: TextSamplingOptions,
  replyTokens: () => readonly Token[],
  model: LanguageModel,
): SamplingOptions {
  const { temperature, topK, topP, minP, seed, xtc, dryRepeatPenalty, tokenBias } = options;
  return {
    temperature,
    topK,
    topP,
    minP,
    seed,
    xtc,
    dryRepeatPenalty,
    repeatPenalty: resolveRepeatPenalty(options.repeatPenalty, replyTokens, model),
    tokenBias,
  };
}

function resolveRepeatPenalty(
  options: TextSamplingOptions["repeatPenalty"],
  replyTokens: () => readonly Token[],
  model: LanguageModel,
): RepeatPenaltyOptions | undefined {
  if (options === undefined || options === false) return undefined;
  const { lastTokens = defaultLastTokens, penalty = 1, frequencyPenalty = 0, presencePenalty = 0 } = options;
  if (lastTokens <= 0 || (penalty === 1 && frequencyPenalty === 0 && presencePenalty === 0)) return undefined;
  const newLine = options.penalizeNewLine ? null : model.tokens.nl;
  const punishTokens = () => {
    let tokens: readonly Token[] = replyTokens().slice(-lastTokens);
    if (options.punishTokensFilter !== undefined) tokens = options.punishTokensFilter([...tokens]);
    return newLine === null ? tokens : tokens.filter((token) => token !== newLine);
  };
  return { punishTokens, penalty, frequencyPenalty, presencePenalty };
}
