import type { JsonType } from "./json-value.ts";
import { invalidSchema, schemaLimit, unsupportedSchema } from "./schema-error.ts";
import { SCHEMA_LIMITS } from "./schema-options.ts";

/** A schema that is an object, not `true` or `false`. */
export type SchemaObject = { readonly [keyword: string]: unknown };

/** Keywords that say nothing about which values are valid. */
export const ANNOTATIONS: ReadonlySet<string> = new Set([
  "title",
  "description",
  "default",
  "examples",
  "$comment",
  "$schema",
  "deprecated",
  "readOnly",
  "writeOnly",
]);

const HINTS: ReadonlyMap<string, string> = new Map([
  ["$anchor", "refer to the place by a JSON pointer"],
  ["contains", "use prefixItems and items"],
  ["dependentRequired", "use anyOf with one branch for each case"],
  ["dependentSchemas", "use anyOf with one branch for each case"],
  ["propertyNames", "use patternProperties, with additionalProperties: false"],
  ["unevaluatedItems", "use items: false"],
  ["unevaluatedProperties", "use additionalProperties: false"],
  ["uniqueItems", "a grammar cannot compare items; leave it out and check the parsed value"],
  ["additionalItems", "use prefixItems and items"],
  ["dependencies", "use anyOf with one branch for each case"],
  ["if", "use anyOf with one branch for each case"],
  ["not", "list what is allowed instead"],
]);

type ValueCheck = (value: unknown) => string | undefined;

const isSchema = (value: unknown) =>
  typeof value === "boolean" || (typeof value === "object" && value !== null && !Array.isArray(value));
const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null && !Array.isArray(value);
const expectString: ValueCheck = (value) => (typeof value === "string" ? undefined : "must be a string");
const expectBoolean: ValueCheck = (value) =>
  typeof value === "boolean" ? undefined : "must be true or false";
const expectNumber: ValueCheck = (value) =>
  typeof value === "number" && Number.isFinite(value) ? undefined : "must be a finite number";
const expectPositive: ValueCheck = (value) =>
  typeof value === "number" && Number.isFinite(value) && value > 0 ? undefined : "must be a number above 0";
const expectCount: ValueCheck = (value) =>
  Number.isInteger(value) && (value as number) >= 0 ? undefined : "must be a whole number, 0 or more";
const expectSchema: ValueCheck = (value) => (isSchema(value) ? undefined : "must be a schema");
const expectSchemaList: ValueCheck = (value) =>
  Array.isArray(value) && value.length > 0 && value.every(isSchema)
    ? undefined
    : "must be a list of schemas, not empty";
const expectSchemaRecord: ValueCheck = (value) =>
  isRecord(value) && Object.values(value).every((item) => item === undefined || isSchema(item))
    ? undefined
    : "must be an object of schemas";
const expectList: ValueCheck = (value) =>
  Array.isArray(value) && value.length > 0 ? undefined : "must be a list, not empty";
const expectStringList: ValueCheck = (value) =>
  Array.isArray(value) && value.every((item) => typeof item === "string")
    ? undefined
    : "must be a list of strings";
const expectType: ValueCheck = (value) => {
  const names: readonly unknown[] = Array.isArray(value) ? value : [value];
  const known = ["null", "boolean", "number", "integer", "string", "array", "object"];
  return names.length > 0 && names.every((name) => known.includes(name as string))
    ? undefined
    : `must be one or more of ${known.join(", ")}`;
};
const expectAnything: ValueCheck = () => undefined;

const CHECKS: Readonly<Record<string, ValueCheck>> = {
  type: expectType,
  nullable: expectBoolean,
  enum: expectList,
  const: expectAnything,
  oneOf: expectSchemaList,
  anyOf: expectSchemaList,
  allOf: expectSchemaList,
  $ref: expectString,
  $defs: expectSchemaRecord,
  definitions: expectSchemaRecord,
  properties: expectSchemaRecord,
  required: expectStringList,
  additionalProperties: expectSchema,
  patternProperties: expectSchemaRecord,
  minProperties: expectCount,
  maxProperties: expectCount,
  items: expectSchema,
  prefixItems: (value) => (Array.isArray(value) && value.length === 0 ? undefined : expectSchemaList(value)),
  minItems: expectCount,
  maxItems: expectCount,
  minLength: expectCount,
  maxLength: expectCount,
  pattern: expectString,
  format: expectString,
  minimum: expectNumber,
  maximum: expectNumber,
  exclusiveMinimum: expectNumber,
  exclusiveMaximum: expectNumber,
  multipleOf: expectPositive,
};

const COUNTS = ["minLength", "maxLength", "minItems", "maxItems", "minProperties", "maxProperties"];

/** Which type of value a keyword speaks about. */
export const KEYWORD_TYPES: Readonly<Record<string, JsonType>> = {
  properties: "object",
  required: "object",
  additionalProperties: "object",
  patternProperties: "object",
  minProperties: "object",
  maxProperties: "object",
  items: "array",
  prefixItems: "array",
  minItems: "array",
  maxItems: "array",
  minLength: "string",
  maxLength: "string",
  pattern: "string",
  format: "string",
  minimum: "number",
  maximum: "number",
  exclusiveMinimum: "number",
  exclusiveMaximum: "number",
  multipleOf: "number",
};

/**
 * Refuses every keyword of one schema (not of those inside it) that is unknown, unsupported or of the wrong shape.
 * @throws ColloquyError `grammar-unsupported`, `grammar-invalid`, `grammar-limit`
 */
export function checkKeywords(path: string, schema: SchemaObject): void {
  for (const [keyword, value] of Object.entries(schema)) {
    if (value === undefined || ANNOTATIONS.has(keyword)) continue;
    if (path === "#" && (keyword === "$id" || keyword === "id") && typeof value === "string") continue;
    // By convention, and by the coming edition of the standard, these are remarks for certain readers.
    if (keyword.startsWith("x-")) continue;
    if (keyword === "uniqueItems" && value === false) continue;
    if (keyword === "items" && Array.isArray(value))
      throw unsupportedSchema(path, keyword, "is a list", "use prefixItems");
    if ((keyword === "exclusiveMinimum" || keyword === "exclusiveMaximum") && typeof value === "boolean")
      throw unsupportedSchema(path, keyword, "is a boolean, as in draft 4", "give the bound itself");
    const check = Object.hasOwn(CHECKS, keyword) ? CHECKS[keyword] : undefined;
    if (check === undefined) throw unsupportedSchema(path, keyword, "is not supported", HINTS.get(keyword));
    const problem = check(value);
    if (problem !== undefined) throw invalidSchema(`${path}/${keyword}`, problem);
    if (
      COUNTS.includes(keyword) &&
      (value as number) > SCHEMA_LIMITS.repetition &&
      !keyword.startsWith("max")
    )
      throw schemaLimit(`${path}/${keyword}`, "repetitions", SCHEMA_LIMITS.repetition);
  }
  if (schema.nullable === true && schema.type === undefined)
    throw unsupportedSchema(path, "nullable", "has no type beside it", 'write anyOf with {type: "null"}');
}
