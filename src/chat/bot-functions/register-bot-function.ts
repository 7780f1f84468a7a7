import { InvalidArgumentError } from "../../base/errors.ts";
import {
  type BotFunction,
  type BotFunctionHandler,
  type BotFunctionOptions,
  defineBotFunction,
} from "./bot-function.ts";
import type { BotFunctionSet } from "./bot-function-set.ts";
import { BotFunctions } from "./bot-functions.ts";

export interface RegisterBotFunctionOptions extends BotFunctionOptions {
  /** The set that gets the function. Default: the process-wide `BotFunctions`. */
  into?: Pick<BotFunctionSet, "register">;
}

/** A decorator of methods, as TC39's stage-3 proposal and TypeScript 5 and later have them. */
export type BotFunctionDecorator = <This, Method extends BotFunctionHandler>(
  method: Method,
  context: ClassMethodDecoratorContext<This, Method>,
) => void;

/**
 * Makes a function callable by bots.
 *
 * As a function it registers `fn` and returns its description. As a decorator of a method it registers the method
 * bound to its object when the object is made (a static method: when the class is); another object of the class
 * replaces it, because the last registration of a name counts.
 *
 * @throws InvalidArgumentError without a usable name, for an unsupported schema keyword, on anything but a public method
 * @example
 * botFunction(() => "sunny", { name: "weather", docs: "Returns the weather." });
 * class Home {
 *   @botFunction({ docs: "Switches the light.", params: { properties: { on: { type: "boolean" } } } })
 *   light(on: boolean) { … }
 * }
 */
export function botFunction(fn: BotFunctionHandler, options?: RegisterBotFunctionOptions): BotFunction;
export function botFunction(options?: RegisterBotFunctionOptions): BotFunctionDecorator;
export function botFunction<This, Method extends BotFunctionHandler>(
  method: Method,
  context: ClassMethodDecoratorContext<This, Method>,
): void;
export function botFunction(
  first?: BotFunctionHandler | RegisterBotFunctionOptions,
  second?: RegisterBotFunctionOptions | ClassMethodDecoratorContext,
): unknown {
  if (typeof first !== "function") return createDecorator(first ?? {});
  if (isDecoratorContext(second)) return createDecorator({})(first, second as never);
  const { into = BotFunctions, ...options } = second ?? {};
  return into.register(defineBotFunction(first, options));
}

function createDecorator(given: RegisterBotFunctionOptions): BotFunctionDecorator {
  const { into = BotFunctions, ...options } = given;
  return (method, context) => {
    const name = options.name ?? context.name;
    if (context.kind !== "method" || context.private || typeof name !== "string") {
      throw new InvalidArgumentError("botFunction decorates public methods that have a name");
    }
    // Described before binding: a bound function hides its source and with it the parameter names.
    const defined = defineBotFunction(method, { ...options, name });
    context.addInitializer(function (this: unknown) {
      into.register({ ...defined, handler: method.bind(this) });
    });
  };
}

function isDecoratorContext(value: unknown): value is ClassMethodDecoratorContext {
  return typeof value === "object" && value !== null && "kind" in value && "addInitializer" in value;
}
