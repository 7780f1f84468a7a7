import { InvalidArgumentError } from "../../base/errors.ts";
import {
  type BotFunction,
  type BotFunctionHandler,
  type BotFunctionOptions,
  defineBotFunction,
  isBotFunction,
} from "./bot-function.ts";
import { createBuiltInFunctions } from "./built-in-functions.ts";
import { type GenerateDocsOptions, renderFunctionDocs } from "./function-docs.ts";
import { renderResult } from "./function-result.ts";
import { type InvokeOptions, invokeBotFunction } from "./invoke-bot-function.ts";
import {
  type FunctionCallResult,
  type RunFunctionCallsOptions,
  runFunctionCalls,
} from "./run-function-calls.ts";

/** A name, a pattern of names, or several of them. */
export type FunctionFilter = string | RegExp | readonly (string | RegExp)[];

export interface TestFunctionsOptions extends InvokeOptions {
  /** Disable the functions that fail. Default true. */
  disableOnError?: boolean;
}

/** Functions that a bot may call, by name, in order of registration. */
export class BotFunctionSet implements Iterable<BotFunction> {
  readonly #functions = new Map<string, BotFunction>();

  /** Number of registered functions, disabled ones included. */
  get length(): number {
    return this.#functions.size;
  }

  /** The enabled functions. */
  [Symbol.iterator](): IterableIterator<BotFunction> {
    return this.list().values();
  }

  /**
   * Adds a function; one of the same name is replaced in its place.
   * @throws InvalidArgumentError as {@link defineBotFunction}
   */
  register(fn: BotFunctionHandler | BotFunction, options: BotFunctionOptions = {}): BotFunction {
    const defined = isBotFunction(fn) ? fn : defineBotFunction(fn, options);
    this.#functions.set(defined.name, defined);
    return defined;
  }

  /** @returns whether there was such a function */
  unregister(name: string): boolean {
    return this.#functions.delete(name);
  }

  /** The function of this name, enabled or not, in this set or in `functions`. */
  find(name: string, functions?: Iterable<BotFunction>): BotFunction | undefined {
    if (functions === undefined) return this.#functions.get(name);
    return [...functions].find((fn) => fn.name === name);
  }

  /** The enabled functions; with `all` the disabled ones too. A new array. */
  list(all = false): BotFunction[] {
    return [...this.#functions.values()].filter((fn) => all || fn.enabled);
  }

  /** The function at this place among all registered ones; negative numbers count from the end. */
  at(index: number): BotFunction | undefined {
    return this.list(true).at(index);
  }

  /**
   * Enables or disables the functions that match; `"only"` enables these and disables all others.
   * @param mode Default `"enable"`.
   * @returns the functions that match
   * @throws InvalidArgumentError when a plain name is not registered, or for another mode; nothing is changed then
   */
  filter(filters: FunctionFilter, mode: "enable" | "disable" | "only" = "enable"): BotFunction[] {
    if (!["enable", "disable", "only"].includes(mode)) {
      throw new InvalidArgumentError(`${JSON.stringify(mode)} is not a filter mode`, {
        hint: 'use "enable", "disable" or "only"',
      });
    }
    const list: readonly (string | RegExp)[] = Array.isArray(filters) ? filters : [filters];
    const unknown = list.find((one) => typeof one === "string" && !this.#functions.has(one));
    if (unknown !== undefined) throw new InvalidArgumentError(`There is no bot function ${unknown}`);
    const all = this.list(true);
    const matching = all.filter((fn) =>
      list.some((one) => (typeof one === "string" ? one === fn.name : fn.name.search(one) >= 0)),
    );
    if (mode === "only") for (const fn of all) fn.enabled = false;
    for (const fn of matching) fn.enabled = mode !== "disable";
    return matching;
  }

  /**
   * Describes the enabled functions, or `functions`, for a system prompt.
   * @throws InvalidArgumentError for an unknown `spec`
   * @example new ChatHistory(model, { systemPrompt: `You are helpful. ${BotFunctions.generateDocs()}` })
   */
  generateDocs(options: GenerateDocsOptions & { functions?: Iterable<BotFunction> } = {}): string {
    const functions = options.functions === undefined ? this.list() : [...options.functions];
    return renderFunctionDocs(
      functions.filter((fn) => fn.enabled),
      options,
    );
  }

  /**
   * Runs every call in a finished text, once each, in order.
   * @throws UnsupportedError when `template` has no `tool_call`; ColloquyError `aborted`
   */
  run(
    text: string,
    options: RunFunctionCallsOptions & { functions?: Iterable<BotFunction> } = {},
  ): Promise<FunctionCallResult[]> {
    const functions = options.functions === undefined ? this.list() : [...options.functions];
    return runFunctionCalls(text, functions, options);
  }

  /** Registers the built-in functions whose names are not taken yet. */
  load(): void {
    for (const fn of createBuiltInFunctions()) if (!this.#functions.has(fn.name)) this.register(fn);
  }

  /**
   * Calls every enabled function that has `testArgs` or no required parameter; the others are left alone.
   * @returns true when all that were called succeeded
   */
  async test(options: TestFunctionsOptions = {}): Promise<boolean> {
    let passed = true;
    for (const fn of this.list()) {
      if (fn.testArgs === undefined && fn.requiredNames.length > 0) continue;
      const result = await invokeBotFunction(fn, { args: fn.testArgs ?? [], keywords: {} }, options);
      if (result.ok && !("error" in renderResult(result.value))) continue;
      passed = false;
      if (options.disableOnError ?? true) fn.enabled = false;
    }
    return passed;
  }
}
