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

/** Equality of JSON values: the order of keys does not matter, `1` and `1.0` are the same. */
export function jsonEquals(a: unknown, b: unknown): boolean {
  if (a === b) return true;
  if (typeof a !== "object" || typeof b !== "object" || a === null || b === null) return false;
  if (Array.isArray(a) !== Array.isArray(b)) return false;
  const keys = Object.keys(a);
  if (keys.length !== Object.keys(b).length) return false;
  return keys.every((key) => Object.hasOwn(b, key) && jsonEquals(a[key as never], b[key as never]));
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
