import { InvalidArgumentError } from "../../base/errors.ts";
import type { SamplingOptions } from "../../engine/sampling/options.ts";
import { resolveSamplingOptions } from "../../engine/sampling/resolve-sampling-options.ts";
import type { LLamaChatCompletePromptOptions, LLamaChatPromptOptions } from "./options.ts";

const functionsOf = ["onTextChunk", "onToken", "onResponseChunk", "onFunctionCallParamsChunk"] as const;
const numbersOf = ["maxTokens", "temperature", "minP", "topK", "topP", "seed"] as const;
const switchesOf = ["stopOnAbortSignal", "trimWhitespaceSuffix", "documentFunctionParams"] as const;

function require(name: string, ok: boolean, what: string): void {
  if (!ok) throw new InvalidArgumentError(`The option ${name} must be ${what}`);
}

/** @throws ColloquyError `invalid-argument` naming the option that is of the wrong kind */
export function checkPromptOptions(options: LLamaChatPromptOptions | LLamaChatCompletePromptOptions): void {
  if (typeof options !== "object" || options === null)
    throw new InvalidArgumentError("Options must be an object");
  const given = options as Readonly<Record<string, unknown>>;
  for (const name of functionsOf) {
    require(name, given[name] == null || typeof given[name] === "function", "a function");
  }
  for (const name of numbersOf) {
    const value = given[name];
    require(name, value == null || (typeof value === "number" && !Number.isNaN(value)), "a number");
  }
  for (const name of switchesOf) {
    require(name, given[name] == null || typeof given[name] === "boolean", "true or false");
  }
  const { maxTokens, signal, responsePrefix, grammar, maxParallelFunctionCalls: calls } = given;
  require("maxTokens", maxTokens == null || (maxTokens as number) >= 0, "0 or more");
  require("signal", signal == null || signal instanceof AbortSignal, "an AbortSignal");
  require("responsePrefix", responsePrefix == null || typeof responsePrefix === "string", "a string");
  const isGrammar = typeof (grammar as { matcher?: unknown } | null)?.matcher === "function";
  require("grammar", grammar == null || isGrammar, "a grammar");
  require("maxParallelFunctionCalls", calls == null ||
    (typeof calls === "number" && calls >= 1), "1 or more");
  require("functionErrors", [undefined, "throw", "report"].includes(
    given.functionErrors as string,
  ), '"throw" or "report"');
  if (grammar != null && Object.keys(given.functions ?? {}).length > 0) {
    throw new InvalidArgumentError("A prompt cannot have both a grammar and functions");
  }
  checkStopTriggers(given.customStopTriggers);
  checkPriority(given.evaluationPriority);
  checkBudgets(given.budgets);
  checkSampling(given);
}

function checkStopTriggers(triggers: unknown): void {
  if (triggers == null) return;
  const isTrigger = (value: unknown) =>
    typeof value === "string" ||
    Array.isArray(value) ||
    Array.isArray((value as { values?: unknown } | null)?.values);
  const ok = Array.isArray(triggers) && triggers.every(isTrigger);
  require("customStopTriggers", ok, "a list of texts");
}

function checkSampling(given: Readonly<Record<string, unknown>>): void {
  const { temperature, topK, topP, minP, seed, xtc, dryRepeatPenalty, tokenBias, repeatPenalty } = given;
  const sampling = { temperature, topK, topP, minP, seed, xtc, dryRepeatPenalty, tokenBias };
  resolveSamplingOptions(sampling as SamplingOptions);
  if (repeatPenalty === undefined || repeatPenalty === false) return;
  require("repeatPenalty", typeof repeatPenalty === "object" && repeatPenalty !== null, "an object or false");
  const { lastTokens, punishTokensFilter, ...strengths } = repeatPenalty as Record<string, unknown>;
  require("repeatPenalty.lastTokens", lastTokens === undefined ||
    Number.isInteger(lastTokens), "a number of tokens");
  const isFilter = punishTokensFilter === undefined || typeof punishTokensFilter === "function";
  require("repeatPenalty.punishTokensFilter", isFilter, "a function");
  resolveSamplingOptions({ repeatPenalty: { ...strengths, punishTokens: [] } });
}

function checkPriority(priority: unknown): void {
  if (priority === undefined || [1, 2, 3, 4, 5].includes(priority as number)) return;
  throw new InvalidArgumentError("The option evaluationPriority must be 1, 2, 3, 4 or 5");
}

function checkBudgets(budgets: unknown): void {
  if (budgets === undefined) return;
  const values = typeof budgets === "object" && budgets !== null ? Object.values(budgets) : [Number.NaN];
  const isBudget = (value: unknown) => value === undefined || (typeof value === "number" && value >= 0);
  if (values.every(isBudget)) return;
  throw new InvalidArgumentError("The option budgets must hold numbers of tokens");
}
