import type { BotFunction } from "./bot-function.ts";
import { BotFunctionSet } from "./bot-function-set.ts";

export interface BotFunctionsOptions {
  /** Include disabled functions. Default false. */
  all?: boolean;
  /** Register the built-in functions first. Default true. */
  load?: boolean;
  /** Call those functions that can be tried, disable the ones that fail, and return a promise. Default false. */
  test?: boolean;
}

type SetMethods = Pick<
  BotFunctionSet,
  "register" | "unregister" | "find" | "list" | "at" | "filter" | "generateDocs" | "run" | "load" | "test"
>;

/** The functions of this process, see {@link BotFunctions}. */
export interface BotFunctionsRegistry extends SetMethods, Iterable<BotFunction> {
  (options: BotFunctionsOptions & { test: true }): Promise<BotFunction[]>;
  (options?: BotFunctionsOptions & { test?: false }): BotFunction[];
  /** Number of registered functions, disabled ones included. */
  readonly length: number;
  /** The set itself. */
  readonly set: BotFunctionSet;
}

/**
 * The functions that bots of this process may call. Calling it gives the list of enabled ones; its methods are those
 * of {@link BotFunctionSet}. Make a set of your own with `new BotFunctionSet()` where a process-wide list is wrong.
 *
 * @example
 * model.generate(input, { functions: BotFunctions() });
 * BotFunctions.filter("time", "only");
 */
export const BotFunctions: BotFunctionsRegistry = createRegistry(new BotFunctionSet());

/** Wraps a set so that it can be called. */
export function createRegistry(set: BotFunctionSet): BotFunctionsRegistry {
  const call = (options: BotFunctionsOptions = {}) => {
    if (options.load ?? true) set.load();
    if (options.test) return set.test().then(() => set.list(options.all));
    return set.list(options.all);
  };
  const methods: SetMethods = {
    register: set.register.bind(set),
    unregister: set.unregister.bind(set),
    find: set.find.bind(set),
    list: set.list.bind(set),
    at: set.at.bind(set),
    filter: set.filter.bind(set),
    generateDocs: set.generateDocs.bind(set),
    run: set.run.bind(set),
    load: set.load.bind(set),
    test: set.test.bind(set),
  };
  Object.assign(call, methods, { set, [Symbol.iterator]: () => set[Symbol.iterator]() });
  Object.defineProperty(call, "length", { get: () => set.length });
  return call as unknown as BotFunctionsRegistry;
}
