import type { SchemaDialect } from "../../grammar/json-schema/index.ts";

/** Keywords by which other names than those in `properties` may be meant. */
const openingKeywords = [
  "additionalProperties",
  "unevaluatedProperties",
  "patternProperties",
  "propertyNames",
  "minProperties",
  "allOf",
  "anyOf",
  "oneOf",
  "$ref",
] as const;

/**
 * The schema that the parameters of a call are held to. JSON Schema allows any name that is not listed; a function
 * that lists its parameters has no use for others, so in the `"standard"` dialect they are not written at the top
 * level. What is written still satisfies the schema.
 */
export function paramsSchema(params: object, dialect: SchemaDialect = "guide"): object {
  if (dialect === "guide" || !Object.hasOwn(params, "properties")) return params;
  if (openingKeywords.some((keyword) => Object.hasOwn(params, keyword))) return params;
  return { ...params, additionalProperties: false };
}
