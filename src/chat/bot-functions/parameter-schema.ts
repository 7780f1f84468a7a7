import { InvalidArgumentError } from "../../base/errors.ts";

/** A JSON schema of a function's parameters: an object schema whose `properties` are the parameters, in order. */
export interface ParameterSchema {
  readonly type?: "object";
  readonly properties?: Readonly<Record<string, JsonSchema>>;
  readonly required?: readonly string[];
  readonly [keyword: string]: unknown;
}

/** A JSON schema inside of {@link ParameterSchema}. */
export type JsonSchema = Readonly<Record<string, unknown>>;

type Check = (value: unknown, argument: never, schema: JsonSchema, path: string) => string | undefined;

const TYPES: Readonly<Record<string, (value: unknown) => boolean>> = {
  string: (value) => typeof value === "string",
  number: (value) => typeof value === "number",
  integer: (value) => Number.isInteger(value),
  boolean: (value) => typeof value === "boolean",
  null: (value) => value === null,
  array: Array.isArray,
  object: isRecord,
};

const ANNOTATIONS: ReadonlySet<string> = new Set([
  "description",
  "title",
  "default",
  "examples",
  "example",
  "format",
  "deprecated",
  "$schema",
  "$id",
  "$comment",
]);

const CHECKS: Readonly<Record<string, Check>> = {
  type: (value, types: string | readonly string[], _, path) => {
    const list = typeof types === "string" ? [types] : types;
    return list.some((type) => TYPES[type]!(value))
      ? undefined
      : `${path} must be of type ${list.join(" or ")}`;
  },
  enum: (value, values: readonly unknown[], _, path) =>
    values.some((one) => sameJson(one, value))
      ? undefined
      : `${path} must be one of ${values.map((one) => JSON.stringify(one)).join(", ")}`,
  const: (value, constant: unknown, _, path) =>
    sameJson(constant, value) ? undefined : `${path} must be ${JSON.stringify(constant)}`,
  minimum: (value, min: number, _, path) =>
    typeof value === "number" && value < min ? `${path} must be at least ${min}` : undefined,
  maximum: (value, max: number, _, path) =>
    typeof value === "number" && value > max ? `${path} must be at most ${max}` : undefined,
  minLength: (value, min: number, _, path) =>
    typeof value === "string" && [...value].length < min
      ? `${path} must have at least ${min} characters`
      : undefined,
  maxLength: (value, max: number, _, path) =>
    typeof value === "string" && [...value].length > max
      ? `${path} must have at most ${max} characters`
      : undefined,
  minItems: (value, min: number, _, path) =>
    Array.isArray(value) && value.length < min ? `${path} must have at least ${min} items` : undefined,
  maxItems: (value, max: number, _, path) =>
    Array.isArray(value) && value.length > max ? `${path} must have at most ${max} items` : undefined,
  items: (value, items: JsonSchema, _, path) =>
    Array.isArray(value)
      ? first(value, (item, i) => checkAgainstSchema(item, items, `${path}[${i}]`))
      : undefined,
  properties: (value, properties: Readonly<Record<string, JsonSchema>>, _, path) =>
    isRecord(value)
      ? first(Object.entries(properties), ([key, schema]) =>
          Object.hasOwn(value, key) ? checkAgainstSchema(value[key], schema, join(path, key)) : undefined,
        )
      : undefined,
  required: (value, keys: readonly string[], _, path) =>
    isRecord(value)
      ? first(keys, (key) => (Object.hasOwn(value, key) ? undefined : `${join(path, key)} is missing`))
      : undefined,
  additionalProperties: (value, additional: boolean | JsonSchema, schema, path) => {
    if (!isRecord(value) || additional === true) return undefined;
    const known = isRecord(schema.properties) ? schema.properties : {};
    const extra = Object.keys(value).filter((key) => !Object.hasOwn(known, key));
    return first(extra, (key) =>
      additional === false
        ? `${join(path, key)} is not a known property`
        : checkAgainstSchema(value[key], additional, join(path, key)),
    );
  },
  anyOf: (value, schemas: readonly JsonSchema[], _, path) => {
    const failures = schemas.map((schema) => checkAgainstSchema(value, schema, path));
    return failures.includes(undefined) ? undefined : failures.join(", or ");
  },
};

/**
 * Checks a JSON value against the keywords that {@link validateSchema} accepts.
 * @returns the first thing that is wrong, as a sentence for the model; `undefined` when all is right
 */
export function checkAgainstSchema(value: unknown, schema: JsonSchema, path = ""): string | undefined {
  return first(Object.entries(schema), ([keyword, argument]) =>
    CHECKS[keyword]?.(value, argument as never, schema, path === "" ? "the value" : path),
  );
}

/** @throws InvalidArgumentError naming the first keyword that cannot be checked, with its path */
export function validateSchema(schema: unknown, path = "params"): void {
  if (!isRecord(schema)) throw new InvalidArgumentError(`${path} must be a JSON schema object`);
  for (const [keyword, argument] of Object.entries(schema)) {
    if (ANNOTATIONS.has(keyword)) continue;
    if (!Object.hasOwn(CHECKS, keyword)) {
      throw new InvalidArgumentError(`${path}.${keyword}: this schema keyword is not supported here`);
    }
    validateKeyword(keyword, argument, `${path}.${keyword}`);
  }
}

function validateKeyword(keyword: string, argument: unknown, path: string): void {
  const need = (condition: boolean, what: string) => {
    if (!condition) throw new InvalidArgumentError(`${path} must be ${what}`);
  };
  if (keyword === "type") {
    const types = Array.isArray(argument) ? argument : [argument];
    need(types.length > 0 && types.every((type) => Object.hasOwn(TYPES, String(type))), "a JSON type");
  } else if (keyword === "properties") {
    need(isRecord(argument), "an object");
    for (const [key, schema] of Object.entries(argument as JsonSchema))
      validateSchema(schema, `${path}.${key}`);
  } else if (keyword === "anyOf") {
    need(Array.isArray(argument) && argument.length > 0, "a list of schemas");
    for (const [i, schema] of (argument as unknown[]).entries()) validateSchema(schema, `${path}[${i}]`);
  } else if (keyword === "items") {
    validateSchema(argument, path);
  } else if (keyword === "additionalProperties") {
    if (typeof argument !== "boolean") validateSchema(argument, path);
  } else if (keyword === "required") {
    need(Array.isArray(argument) && argument.every((key) => typeof key === "string"), "a list of names");
  } else if (keyword === "enum") {
    need(Array.isArray(argument), "a list");
  } else if (keyword !== "const") {
    need(typeof argument === "number", "a number");
  }
}

function first<T>(
  items: readonly T[],
  check: (item: T, index: number) => string | undefined,
): string | undefined {
  for (const [i, item] of items.entries()) {
    const problem = check(item, i);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function join(path: string, key: string): string {
  return path === "the value" ? key : `${path}.${key}`;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function sameJson(a: unknown, b: unknown): boolean {
  if (Array.isArray(a) && Array.isArray(b))
    return a.length === b.length && a.every((x, i) => sameJson(x, b[i]));
  if (!isRecord(a) || !isRecord(b)) return a === b;
  const keys = Object.keys(a);
  return (
    keys.length === Object.keys(b).length &&
    keys.every((key) => Object.hasOwn(b, key) && sameJson(a[key], b[key]))
  );
}
