import { InvalidArgumentError } from "../../base/errors.ts";
import type { Token } from "../token.ts";
import type { SamplingOptions } from "./options.ts";
import { TokenBias } from "./token-bias.ts";

/** {@link SamplingOptions} checked, with every default filled in and every step that does nothing left out. */
export interface ResolvedSampling {
  readonly temperature: number;
  /** 0 is off. */
  readonly topK: number;
  readonly topP: number;
  readonly minP: number;
  readonly seed: number;
  readonly xtc: { readonly probability: number; readonly threshold: number } | undefined;
  readonly repeatPenalty: ResolvedRepeatPenalty | undefined;
  readonly dryRepeatPenalty: ResolvedDryPenalty | undefined;
  readonly tokenBias: (() => ReadonlyMap<Token, number>) | undefined;
}

export interface ResolvedRepeatPenalty {
  readonly punishTokens: () => readonly Token[];
  readonly penalty: number;
  readonly frequencyPenalty: number;
  readonly presencePenalty: number;
}

export interface ResolvedDryPenalty {
  readonly strength: number;
  readonly base: number;
  readonly allowedLength: number;
  readonly lastTokens: number;
  readonly sequenceBreakers: readonly string[];
}

/** The furthest that DRY looks back, tokens. */
const dryLastTokensMax = 65_536;
const defaultSequenceBreakers: readonly string[] = ["\n", ":", '"', "*"];

/**
 * Checks sampling options and fills in the defaults: temperature 0, topK 40, topP 0.95, minP 0, a random seed.
 * @throws ColloquyError `invalid-argument` on a wrong type or a value out of range, naming the option
 */
export function resolveSamplingOptions(options: SamplingOptions = {}): ResolvedSampling {
  if (!isObject(options)) throw new InvalidArgumentError("sampling options must be an object");
  const seed = integerOption("seed", options.seed, 0, Number.MAX_SAFE_INTEGER);
  return {
    temperature: numberOption("temperature", options.temperature, 0, Number.MAX_VALUE) ?? 0,
    topK: Math.max(0, integerOption("topK", options.topK) ?? 40),
    topP: numberOption("topP", options.topP, 0, 1) ?? 0.95,
    minP: numberOption("minP", options.minP, 0, 1) ?? 0,
    seed: seed === undefined ? Math.floor(Math.random() * 0x100000000) : seed % 0x100000000,
    xtc: resolveXtc(options.xtc),
    repeatPenalty: resolveRepeatPenalty(options.repeatPenalty),
    dryRepeatPenalty: resolveDry(options.dryRepeatPenalty),
    tokenBias: resolveBias(options.tokenBias),
  };
}

function resolveXtc(xtc: SamplingOptions["xtc"]): ResolvedSampling["xtc"] {
  if (xtc === undefined) return undefined;
  if (!isObject(xtc)) throw new InvalidArgumentError("xtc must be an object");
  const probability = numberOption("xtc.probability", xtc.probability, 0, 1);
  const threshold = numberOption("xtc.threshold", xtc.threshold, 0, 1);
  if (probability === undefined || threshold === undefined)
    throw new InvalidArgumentError("xtc needs both a probability and a threshold");
  return probability === 0 || threshold > 0.5 ? undefined : { probability, threshold };
}

function resolveRepeatPenalty(options: SamplingOptions["repeatPenalty"]): ResolvedRepeatPenalty | undefined {
  if (options === undefined) return undefined;
  if (!isObject(options)) throw new InvalidArgumentError("repeatPenalty must be an object");
  const tokens: unknown = options.punishTokens;
  if (typeof tokens !== "function" && !Array.isArray(tokens))
    throw new InvalidArgumentError("repeatPenalty.punishTokens must be an array of tokens or a function");
  const penalty = numberOption("repeatPenalty.penalty", options.penalty, 0, Number.MAX_VALUE) ?? 1.1;
  if (penalty === 0) throw new InvalidArgumentError("repeatPenalty.penalty must be above 0");
  const frequencyPenalty = numberOption("repeatPenalty.frequencyPenalty", options.frequencyPenalty) ?? 0;
  const presencePenalty = numberOption("repeatPenalty.presencePenalty", options.presencePenalty) ?? 0;
  if (penalty === 1 && frequencyPenalty === 0 && presencePenalty === 0) return undefined;
  const punish = options.punishTokens;
  const punishTokens = typeof punish === "function" ? punish : () => punish;
  return { punishTokens, penalty, frequencyPenalty, presencePenalty };
}

function resolveDry(options: SamplingOptions["dryRepeatPenalty"]): ResolvedDryPenalty | undefined {
  if (options === undefined) return undefined;
  if (!isObject(options)) throw new InvalidArgumentError("dryRepeatPenalty must be an object");
  const strength = numberOption("dryRepeatPenalty.strength", options.strength, 0, Number.MAX_VALUE) ?? 0;
  const base = numberOption("dryRepeatPenalty.base", options.base, 0, Number.MAX_VALUE) ?? 1.75;
  const allowedLength = integerOption("dryRepeatPenalty.allowedLength", options.allowedLength, 1) ?? 2;
  const lastTokens = Math.min(
    integerOption("dryRepeatPenalty.lastTokens", options.lastTokens ?? undefined, 0) ?? dryLastTokensMax,
    dryLastTokensMax,
  );
  const sequenceBreakers = options.sequenceBreakers ?? defaultSequenceBreakers;
  if (!Array.isArray(sequenceBreakers) || !sequenceBreakers.every((text) => typeof text === "string"))
    throw new InvalidArgumentError("dryRepeatPenalty.sequenceBreakers must be an array of strings");
  // llama.cpp takes a base below 1 as "off" too.
  if (strength === 0 || base < 1 || lastTokens === 0) return undefined;
  return { strength, base, allowedLength, lastTokens, sequenceBreakers };
}

function resolveBias(bias: SamplingOptions["tokenBias"]): ResolvedSampling["tokenBias"] {
  if (bias === undefined) return undefined;
  if (typeof bias === "function")
    return () => {
      const current: unknown = bias();
      if (!(current instanceof TokenBias))
        throw new InvalidArgumentError("the tokenBias function must return a TokenBias");
      return current.logits;
    };
  if (bias instanceof TokenBias) return () => bias.logits;
  if (!(bias instanceof Map))
    throw new InvalidArgumentError("tokenBias must be a TokenBias, a function that returns one, or a Map");
  for (const value of bias.values())
    if (typeof value !== "number" || Number.isNaN(value))
      throw new InvalidArgumentError("the values of a tokenBias map must be numbers");
  return () => bias;
}

function numberOption(
  name: string,
  value: unknown,
  min = -Number.MAX_VALUE,
  max = Number.MAX_VALUE,
): number | undefined {
  if (value === undefined) return undefined;
  if (typeof value !== "number" || !Number.isFinite(value))
    throw new InvalidArgumentError(`${name} must be a finite number`);
  if (value >= min && value <= max) return value;
  const range = max === Number.MAX_VALUE ? `${min} or more` : `from ${min} to ${max}`;
  throw new InvalidArgumentError(`${name} must be ${range}, not ${value}`);
}

function integerOption(
  name: string,
  value: unknown,
  min = Number.MIN_SAFE_INTEGER,
  max = Number.MAX_SAFE_INTEGER,
): number | undefined {
  if (value === undefined) return undefined;
  // Infinity is a natural way to say "no limit".
  if (value === Number.POSITIVE_INFINITY && max === Number.MAX_SAFE_INTEGER) return Number.MAX_SAFE_INTEGER;
  if (!Number.isSafeInteger(value)) throw new InvalidArgumentError(`${name} must be an integer`);
  if ((value as number) >= min) return value as number;
  throw new InvalidArgumentError(`${name} must be ${min} or more, not ${value}`);
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}
