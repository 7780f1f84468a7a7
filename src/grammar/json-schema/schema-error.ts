import { ColloquyError } from "../../base/errors.ts";

/** A keyword, or its value, that the grammar cannot express. */
export function unsupportedSchema(
  path: string,
  keyword: string | undefined,
  why: string,
  hint?: string,
): ColloquyError {
  const place = keyword === undefined ? path : `${path}/${escapePointer(keyword)}`;
  const subject = keyword === undefined ? "the schema" : `keyword "${keyword}"`;
  return new ColloquyError("grammar-unsupported", `JSON schema ${place}: ${subject} ${why}`, { hint });
}

/** A schema that is none. */
export function invalidSchema(path: string, why: string): ColloquyError {
  return new ColloquyError("grammar-invalid", `JSON schema ${path}: ${why}`);
}

/** A schema that asks for more than {@link SCHEMA_LIMITS} grants. */
export function schemaLimit(path: string, what: string, limit: number): ColloquyError {
  return new ColloquyError("grammar-limit", `JSON schema ${path}: ${what} exceed the limit of ${limit}`);
}

/** One segment of a JSON pointer (RFC 6901). */
export function escapePointer(segment: string): string {
  return segment.replaceAll("~", "~0").replaceAll("/", "~1");
}
