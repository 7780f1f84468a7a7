import { ColloquyError } from "../../base/errors.ts";
import { isCutShort } from "./is-cut-short.ts";
import type { SchemaDialect } from "./schema-options.ts";
import { type JsonIssue, validateJson } from "./validate-json.ts";

/** The parsed reply does not satisfy the schema, or the reply is not complete. Code: `schema-mismatch`. */
export class LlamaJsonSchemaValidationError extends ColloquyError {
  /** What was parsed; the text itself where it is no JSON. */
  readonly object: unknown;
  readonly schema: unknown;
  /** Every place that does not fit; empty where the text is no JSON. */
  readonly issues: readonly JsonIssue[];

  constructor(
    message: string,
    details: {
      object: unknown;
      schema: unknown;
      issues?: readonly JsonIssue[];
      hint?: string;
      cause?: unknown;
    },
  ) {
    super("schema-mismatch", message, { hint: details.hint, cause: details.cause });
    this.object = details.object;
    this.schema = details.schema;
    this.issues = details.issues ?? [];
  }
}

/**
 * Parses a reply that was written under a schema and checks it.
 *
 * @param dialect default `"guide"`
 * @throws LlamaJsonSchemaValidationError when the text is no JSON (its `hint` says so when the text only lacks its
 * end, as after `maxTokens`) or does not satisfy the schema (of a number alone its `hint` says that it may lack digits)
 * @example
 * parseJsonReply('{"a": 1}', {type: "object", properties: {a: {type: "integer"}}}) // {a: 1}
 */
export function parseJsonReply(text: string, schema: unknown, dialect: SchemaDialect = "guide"): unknown {
  let object: unknown;
  try {
    object = JSON.parse(text);
  } catch (cause) {
    const hint = isCutShort(text) ? "the reply was cut short" : undefined;
    throw new LlamaJsonSchemaValidationError(`The reply is no complete JSON: ${(cause as Error).message}`, {
      object: text,
      schema,
      hint,
      cause,
    });
  }
  const issues = validateJson(object, schema, dialect);
  if (issues.length === 0) return object;
  const [first] = issues;
  throw new LlamaJsonSchemaValidationError(
    `The reply does not satisfy the schema: ${first!.path} ${first!.message}`,
    {
      object,
      schema,
      issues,
      hint: mayLackDigits(object, issues) ? "the number may have been cut short" : undefined,
    },
  );
}

/** Whether a reply is a number where another number might do: the beginning of `123` is a number too. */
function mayLackDigits(object: unknown, issues: readonly JsonIssue[]): boolean {
  const isWrongType = issues.some(({ message }) => message.endsWith("not number"));
  return typeof object === "number" && !isWrongType;
}
