import { InvalidArgumentError } from "../../base/errors.ts";
import type {
  GbnfJsonDefList,
  GbnfJsonSchema,
  GbnfJsonSchemaToType,
} from "../../grammar/json-schema/index.ts";

/** The type of the parameters that a schema describes; `undefined` without a schema. */
export type FunctionParams<Params> = Params extends undefined | null
  ? undefined
  : GbnfJsonSchemaToType<Params>;

/** A function that the model may call while it answers. */
export interface ChatSessionModelFunction<
  // biome-ignore lint/suspicious/noExplicitAny: a list of functions holds functions with any parameters
  Params = any,
> {
  /** What the function does, for the model. */
  readonly description?: string;
  /** JSON schema of the parameters. Default: the function takes none. */
  readonly params?: Params;
  /** Gets parameters that the schema allows; its result, awaited, goes to the model as JSON. */
  readonly handler: (params: FunctionParams<NoInfer<Params>>) => unknown;
}

/** Functions by the names under which the model calls them. */
export interface ChatSessionModelFunctions {
  // biome-ignore lint/suspicious/noExplicitAny: see above
  readonly [name: string]: ChatSessionModelFunction<any>;
}

/**
 * Defines a function for a chat session. The type of the handler's parameters comes from the schema.
 *
 * @throws ColloquyError `invalid-argument` without a handler
 * @example
 * const getFruitPrice = defineChatSessionFunction({
 *   description: "Get the price of a fruit",
 *   params: { type: "object", properties: { name: { type: "string" } } },
 *   handler: ({ name }) => prices[name] ?? "unknown",
 * });
 * await session.prompt("What is an apple?", { functions: { getFruitPrice } });
 */
export function defineChatSessionFunction<
  const Params extends GbnfJsonSchema<Defs> | undefined = undefined,
  const Defs extends GbnfJsonDefList<Defs> = Record<never, never>,
>(definition: {
  readonly description?: string;
  readonly params?: Readonly<Params> & (GbnfJsonSchema<Defs> | undefined);
  readonly handler: (params: FunctionParams<NoInfer<Params>>) => unknown;
}): ChatSessionModelFunction<NoInfer<Params>> {
  const { description, params, handler } = definition ?? {};
  if (typeof handler !== "function") throw new InvalidArgumentError("A function needs a handler");
  return { description, params, handler } as ChatSessionModelFunction<NoInfer<Params>>;
}
