import { SCHEMA_LIMITS } from "./schema-options.ts";

/** What JSON.parse returns. */
export type JsonValue =
  | string
  | number
  | boolean
  | null
  | readonly JsonValue[]
  | { readonly [key: string]: JsonValue };

/** The six types of JSON. An integer is a number. */
export type JsonType = "null" | "boolean" | "number" | "string" | "array" | "object";

export const JSON_TYPES: readonly JsonType[] = ["object", "array", "string", "number", "boolean", "null"];

export function jsonTypeOf(value: unknown): JsonType {
  if (value === null) return "null";
  if (Array.isArray(value)) return "array";
  return typeof value as JsonType;
}

/**
 * The same text for equal JSON values: the order of keys does not matter, `1` and `1.0` are the same. What is nested
 * deeper than a schema can be is equal to nothing in it, and gets no key of its own.
 */
export function jsonKey(value: unknown, depth = 0): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  if (depth > SCHEMA_LIMITS.depth) return "…";
  if (Array.isArray(value)) return `[${value.map((item) => jsonKey(item, depth + 1)).join()}]`;
  const members = Object.keys(value)
    .filter((key) => value[key as never] !== undefined)
    .sort()
    .map((key) => `${JSON.stringify(key)}:${jsonKey(value[key as never], depth + 1)}`);
  return `{${members.join()}}`;
}

/** JSON text with the given separators, as Python's `json.dumps` writes it. */
export function writeJson(value: JsonValue, comma: string, colon: string): string {
  if (Array.isArray(value)) return `[${value.map((item) => writeJson(item, comma, colon)).join(comma)}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const members = Object.entries(value).map(
    ([key, item]) => `${JSON.stringify(key)}${colon}${writeJson(item, comma, colon)}`,
  );
  return `{${members.join(comma)}}`;
}
