import type { SchemaDialect } from "../grammar/json-schema/index.ts";

/** The parts of a JSON schema that show in a type. */
interface Schema {
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly oneOf?: readonly object[];
  readonly anyOf?: readonly object[];
  readonly properties?: Readonly<Record<string, object>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: boolean | object;
  readonly items?: object;
  readonly prefixItems?: readonly object[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly minLength?: number;
  readonly maxLength?: number;
  readonly minProperties?: number;
  readonly maxProperties?: number;
  readonly format?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, object>>;
}

/** Definitions in scope, and those that are being written now: a definition within itself is cut off. */
interface Scope {
  readonly definitions: Readonly<Record<string, object>>;
  readonly open: ReadonlySet<object>;
  readonly dialect: SchemaDialect;
}

const refPrefix = "#/$defs/";
const indent = "    ";
/** Longer fixed lists are written as `T[]`: the type is read by a model, not by a compiler. */
const tupleLengthMax = 10;
const typeNames: Readonly<Record<string, string>> = {
  string: "string",
  number: "number",
  integer: "integer",
  boolean: "boolean",
  null: "null",
};

/**
 * A JSON schema as a TypeScript type, for a model to read.
 * @param dialect in `"standard"`, properties that are not required are marked with `?`
 * @example typescriptTypeOfSchema({type: "object", properties: {a: {enum: [1, 2]}}}) // "{a: 1 | 2}"
 */
export function typescriptTypeOfSchema(schema: object, dialect: SchemaDialect = "guide"): string {
  return typeOf(schema, { definitions: {}, open: new Set(), dialect });
}

function typeOf(schema: Schema, outer: Scope): string {
  const scope =
    schema.$defs === undefined ? outer : { ...outer, definitions: { ...outer.definitions, ...schema.$defs } };
  if (schema.$ref !== undefined) return typeOfReference(schema.$ref, scope);
  const choices = schema.oneOf ?? schema.anyOf;
  if (choices !== undefined) return choices.map((choice) => typeOf(choice, scope)).join(" | ");
  if ("const" in schema) return JSON.stringify(schema.const);
  if (schema.enum !== undefined) return schema.enum.map((value) => JSON.stringify(value)).join(" | ");
  if (schema.type === "object") return typeOfObject(schema, scope);
  if (schema.type === "array") return typeOfArray(schema, scope);
  const types = typeof schema.type === "string" ? [schema.type] : (schema.type ?? []);
  return types.map((type) => typeNames[type] ?? "any").join(" | ") || "any";
}

function typeOfReference(ref: string, scope: Scope): string {
  const name = ref.startsWith(refPrefix) ? ref.slice(refPrefix.length) : "";
  const definition = Object.hasOwn(scope.definitions, name) ? scope.definitions[name] : undefined;
  if (definition === undefined) return "any";
  const label = name.replaceAll("\n", " ").replaceAll("*/", "* /");
  if (scope.open.has(definition)) return `/* ${label} type */ any`;
  return `/* Type: ${label} */ ${typeOf(definition, { ...scope, open: new Set([...scope.open, definition]) })}`;
}

function typeOfObject(schema: Schema, scope: Scope): string {
  const { additionalProperties: additional } = schema;
  const rest =
    additional === undefined || additional === false
      ? undefined
      : `{[key: string]: ${additional === true ? "any" : typeOf(additional, scope)}}`;
  const properties = Object.entries(schema.properties ?? {});
  if (properties.length === 0) return rest ?? "{}";
  const notes = properties.map(([, property]) => noteOf(property));
  const lines = properties.map(([name, property], index) => {
    const key = /^[\p{L}_$][\p{L}\p{N}_$]*$/u.test(name) ? name : JSON.stringify(name);
    const comment = notes[index] === "" ? "" : `// ${notes[index]!.replaceAll("\n", "\n// ")}\n`;
    const isOptional = scope.dialect === "standard" && schema.required?.includes(name) !== true;
    return `${comment}${key}${isOptional ? "?" : ""}: ${typeOf(property, scope)}`;
  });
  const known = notes.every((note) => note === "")
    ? `{${lines.join(", ")}}`
    : `{\n${lines.map((line) => indent + line.replaceAll("\n", `\n${indent}`)).join(",\n")}\n}`;
  return rest === undefined ? known : `${known} & ${rest}`;
}

/** The description of a property and those limits that its type cannot show. */
function noteOf(schema: Schema): string {
  const limits = [
    schema.minLength ? `minimum length: ${schema.minLength}` : "",
    schema.maxLength === undefined ? "" : `maximum length: ${schema.maxLength}`,
    schema.format === undefined
      ? ""
      : `format: ${schema.format === "date-time" ? "ISO 8601 date-time" : schema.format}`,
    schema.minItems && schema.minItems > tupleLengthMax ? `minimum items: ${schema.minItems}` : "",
    schema.maxItems === undefined ? "" : `maximum items: ${schema.maxItems}`,
    schema.minProperties ? `minimum number of properties: ${schema.minProperties}` : "",
    schema.maxProperties === undefined ? "" : `maximum number of properties: ${schema.maxProperties}`,
  ];
  const limitText = limits.filter((limit) => limit !== "").join(", ");
  return [schema.description ?? "", limitText].filter((line) => line !== "").join("\n");
}

function typeOfArray(schema: Schema, scope: Scope): string {
  const { prefixItems = [], minItems = 0, maxItems = Number.POSITIVE_INFINITY } = schema;
  if (maxItems === 0) return "[]";
  const item = schema.items === undefined ? "any" : typeOf(schema.items, scope);
  const list = `${/[\s|&]/.test(item) ? `(${item})` : item}[]`;
  if (prefixItems.length === 0 && (minItems === 0 || minItems > tupleLengthMax)) return list;
  const fixed = prefixItems.map((prefixItem) => typeOf(prefixItem, scope));
  const repeatedUpTo = Math.min(minItems, prefixItems.length + tupleLengthMax);
  while (fixed.length < repeatedUpTo) fixed.push(item);
  if (maxItems > fixed.length) fixed.push(`...${list}`);
  return `[${fixed.join(", ")}]`;
}
