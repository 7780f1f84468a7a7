export { FORMAT_PATTERNS } from "./formats.ts";
export type {
  GbnfJsonAnyOfSchema,
  GbnfJsonArraySchema,
  GbnfJsonBasicSchema,
  GbnfJsonBasicStringSchema,
  GbnfJsonConstSchema,
  GbnfJsonDefList,
  GbnfJsonEnumSchema,
  GbnfJsonFormatStringSchema,
  GbnfJsonNumberSchema,
  GbnfJsonObjectSchema,
  GbnfJsonOneOfSchema,
  GbnfJsonRefSchema,
  GbnfJsonSchema,
  GbnfJsonSchemaImmutableType,
  GbnfJsonStringSchema,
} from "./gbnf-json-schema.ts";
export type { GbnfJsonAnyValue, GbnfJsonSchemaToType } from "./gbnf-json-schema-to-type.ts";
export { LlamaJsonSchemaValidationError, parseJsonReply } from "./parse-json-reply.ts";
export {
  type JsonSchemaOptions,
  type JsonWhitespace,
  SCHEMA_LIMITS,
  type SchemaDialect,
} from "./schema-options.ts";
export { schemaToGrammar } from "./schema-to-grammar.ts";
export { type JsonIssue, validateJson } from "./validate-json.ts";
