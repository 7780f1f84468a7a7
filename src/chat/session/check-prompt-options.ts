import { InvalidArgumentError } from "../../base/errors.ts";
import type { LLamaChatCompletePromptOptions, LLamaChatPromptOptions } from "./options.ts";

const functionsOf = ["onTextChunk", "onToken", "onResponseChunk", "onFunctionCallParamsChunk"] as const;
const numbersOf = ["maxTokens", "temperature", "minP", "topK", "topP", "seed"] as const;

/** @throws ColloquyError `invalid-argument` naming the option that is of the wrong kind */
export function checkPromptOptions(options: LLamaChatPromptOptions | LLamaChatCompletePromptOptions): void {
  if (typeof options !== "object" || options === null)
    throw new InvalidArgumentError("Options must be an object");
  const given = options as Readonly<Record<string, unknown>>;
  const require = (name: string, ok: boolean, what: string) => {
    if (!ok) throw new InvalidArgumentError(`The option ${name} must be ${what}`);
  };
  for (const name of functionsOf) {
    require(name, given[name] == null || typeof given[name] === "function", "a function");
  }
  for (const name of numbersOf) {
    const value = given[name];
    require(name, value == null || (typeof value === "number" && !Number.isNaN(value)), "a number");
  }
  const { maxTokens, signal, responsePrefix, customStopTriggers, grammar } = given;
  require("maxTokens", maxTokens == null || (maxTokens as number) >= 0, "0 or more");
  require("signal", signal == null || signal instanceof AbortSignal, "an AbortSignal");
  require("responsePrefix", responsePrefix == null || typeof responsePrefix === "string", "a string");
  require("customStopTriggers", customStopTriggers == null || Array.isArray(customStopTriggers), "a list");
  const isGrammar = typeof (grammar as { matcher?: unknown } | null)?.matcher === "function";
  require("grammar", grammar == null || isGrammar, "a grammar");
  checkPriority(given.evaluationPriority);
  checkBudgets(given.budgets);
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
