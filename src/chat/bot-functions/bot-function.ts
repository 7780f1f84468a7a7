import { InvalidArgumentError } from "../../base/errors.ts";
import { type FunctionSignature, readFunctionSignature } from "./function-signature.ts";
import { type ParameterSchema, validateSchema } from "./parameter-schema.ts";

/** What a handler gets behind its declared parameters. */
export interface BotFunctionContext {
  /** Aborted when the call's time is up or the reply is aborted. */
  readonly signal: AbortSignal;
}

// biome-ignore lint/suspicious/noExplicitAny: a function of the user takes whatever its schema says
export type BotFunctionHandler = (...args: any[]) => unknown;

export interface BotFunctionOptions {
  /** The name by which the bot calls it: an ASCII identifier. Default: the function's own name. */
  name?: string;
  /** What the function does, for the bot. Default: the block comment that opens the function's body, else "". */
  docs?: string;
  /**
   * JSON schema of the parameters; calls are checked against it. The order of `properties` is the order of
   * positional arguments. Default: the names are read from the function's source, and any value is taken.
   * Minified code needs a schema.
   */
  params?: ParameterSchema;
  /**
   * How the handler takes its arguments: one by one, or as one object by name.
   * Default: `"object"` when the function has one parameter and this is an object pattern (`({city}) => …`), or is a
   * plain name that the schema does not know; else `"positional"`.
   */
  takes?: "positional" | "object";
  /** Whether the bot is told of it and may call it. Default true. */
  enabled?: boolean;
  /** Positional arguments for `test()`. */
  testArgs?: readonly unknown[];
}

/** The function in the form that OpenAI-style tool lists have. */
export interface OpenAiTool {
  readonly type: "function";
  readonly function: {
    readonly name: string;
    readonly description: string;
    readonly parameters: ParameterSchema;
  };
}

/** A function that a bot may call while it writes. */
export interface BotFunction {
  readonly name: string;
  readonly docs: string;
  /** May be changed at any time; `BotFunctions.filter` does. */
  enabled: boolean;
  readonly handler: BotFunctionHandler;
  readonly takes: "positional" | "object";
  /** Parameter names in positional order; `undefined` when they are unknown (native code): positional calls only. */
  readonly parameterNames: readonly string[] | undefined;
  /** Parameters without a default value. */
  readonly requiredNames: readonly string[];
  /** Takes any number of arguments behind the named ones. */
  readonly rest: boolean;
  /** The schema that was given; `undefined`: arguments are not checked. */
  readonly params: ParameterSchema | undefined;
  readonly testArgs: readonly unknown[] | undefined;
  readonly openai: OpenAiTool;
}

/**
 * Describes a function without registering it anywhere.
 *
 * @throws InvalidArgumentError when it is no function, has no usable name, or its schema has an unsupported keyword
 * @example
 * const weather = defineBotFunction(async (city) => fetchWeather(city), {
 *   name: "weather",
 *   docs: "Returns the weather of a city.",
 *   params: { properties: { city: { type: "string" } }, required: ["city"] },
 * });
 */
export function defineBotFunction(
  handler: BotFunctionHandler,
  options: BotFunctionOptions = {},
): BotFunction {
  if (typeof handler !== "function") throw new InvalidArgumentError("A bot function must be a function");
  const name = options.name ?? handler.name.replace(/^bound /, "");
  if (!/^[A-Za-z_$][A-Za-z0-9_$]*$/.test(name)) {
    throw new InvalidArgumentError(`${JSON.stringify(name)} is not a name for a bot function`, {
      hint: "pass {name} with letters, digits and underscores",
    });
  }
  if (options.params !== undefined) validateParams(options.params);
  const signature = readFunctionSignature(Function.prototype.toString.call(handler));
  const schemaNames = options.params && Object.keys(options.params.properties ?? {});
  const requiredNames = [...(options.params ? (options.params.required ?? []) : signature.required)];
  const docs = options.docs ?? signature.comment;
  const parameters = options.params ?? deriveParams(signature);
  return {
    name,
    docs,
    enabled: options.enabled ?? true,
    handler,
    takes: options.takes ?? guessTakes(signature, schemaNames),
    parameterNames: schemaNames ?? signature.names,
    requiredNames,
    rest: signature.rest,
    params: options.params,
    testArgs: options.testArgs,
    openai: {
      type: "function",
      function: { name, description: docs, parameters: { type: "object", ...parameters } },
    },
  };
}

/** Whether something is the result of {@link defineBotFunction}. */
export function isBotFunction(value: unknown): value is BotFunction {
  return typeof value === "object" && value !== null && "handler" in value && "parameterNames" in value;
}

function validateParams(params: ParameterSchema): void {
  validateSchema(params);
  if (params.type !== undefined && params.type !== "object") {
    throw new InvalidArgumentError('params.type must be "object"');
  }
  const unknown = (params.required ?? []).find((name) => !Object.hasOwn(params.properties ?? {}, name));
  if (unknown !== undefined)
    throw new InvalidArgumentError(`params.required names ${unknown}, which has no property`);
}

function guessTakes(signature: FunctionSignature, schemaNames: readonly string[] | undefined) {
  if (signature.takesObject) return "object";
  const only = signature.names?.length === 1 && !signature.rest ? signature.names[0]! : undefined;
  const foreign = only !== undefined && schemaNames !== undefined && schemaNames.length > 0;
  return foreign && !schemaNames.includes(only) ? "object" : "positional";
}

function deriveParams(signature: FunctionSignature): ParameterSchema {
  const names = signature.names ?? [];
  return { properties: Object.fromEntries(names.map((name) => [name, {}])), required: signature.required };
}
