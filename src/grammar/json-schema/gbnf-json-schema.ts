/** The basic types of the guide's schema dialect. */
export type GbnfJsonSchemaImmutableType = "string" | "number" | "integer" | "boolean" | "null";

/**
 * A JSON schema in the guide's dialect, precise enough that `GbnfJsonSchemaToType` can tell the type of a reply.
 * `Defs` are the definitions that `$ref` may name.
 */
export type GbnfJsonSchema<Defs = Record<string, unknown>> =
  | GbnfJsonBasicSchema
  | GbnfJsonNumberSchema
  | GbnfJsonConstSchema
  | GbnfJsonEnumSchema
  | GbnfJsonOneOfSchema<Defs>
  | GbnfJsonAnyOfSchema<Defs>
  | GbnfJsonStringSchema
  | GbnfJsonObjectSchema<string, Defs>
  | GbnfJsonArraySchema<Defs>
  | GbnfJsonRefSchema<Defs>;

/** Named schemas, to be referred to as `#/$defs/name`. */
export type GbnfJsonDefList<Defs = Record<string, unknown>> = {
  readonly [name: string]: GbnfJsonSchema<Defs>;
};

interface Described {
  readonly title?: string;
  /** What the value is for. Shown to the model in function calls; it does not change which values are valid. */
  readonly description?: string;
}

/** Values of one or several basic types. */
export interface GbnfJsonBasicSchema extends Described {
  readonly type: GbnfJsonSchemaImmutableType | readonly GbnfJsonSchemaImmutableType[];
  /** Adds `null`. */
  readonly nullable?: boolean;
}

/** A number in a range. */
export interface GbnfJsonNumberSchema extends Described {
  readonly type: "number" | "integer";
  readonly nullable?: boolean;
  readonly minimum?: number;
  readonly maximum?: number;
  readonly exclusiveMinimum?: number;
  readonly exclusiveMaximum?: number;
  /** A whole number: a power of ten, or any where minimum and maximum are given and near. */
  readonly multipleOf?: number;
}

/** Exactly this value. */
export interface GbnfJsonConstSchema extends Described {
  readonly const: string | number | boolean | null;
}

/** One of these values. */
export interface GbnfJsonEnumSchema extends Described {
  readonly enum: readonly (string | number | boolean | null)[];
}

/** Any of these schemas; in the standard dialect exactly one, which must be provable. */
export interface GbnfJsonOneOfSchema<Defs = Record<string, unknown>> extends Described {
  readonly oneOf: readonly GbnfJsonSchema<Defs>[];
  readonly $defs?: Defs;
}

/** Any of these schemas. */
export interface GbnfJsonAnyOfSchema<Defs = Record<string, unknown>> extends Described {
  readonly anyOf: readonly GbnfJsonSchema<Defs>[];
  readonly $defs?: Defs;
}

export type GbnfJsonStringSchema = GbnfJsonBasicStringSchema | GbnfJsonFormatStringSchema;

/** A string, as long as stated. Tell the model the length too: a reply that is stopped early reads badly. */
export interface GbnfJsonBasicStringSchema extends Described {
  readonly type: "string";
  readonly nullable?: boolean;
  /** In code points. Default 0. */
  readonly minLength?: number;
  /** In code points. Default: no limit. */
  readonly maxLength?: number;
  /** An ECMAScript pattern (`u` flag) that matches somewhere in the string, unless anchored with `^` and `$`. */
  readonly pattern?: string;
}

/** A string of a known format. */
export interface GbnfJsonFormatStringSchema extends Described {
  readonly type: "string";
  readonly nullable?: boolean;
  readonly format: "date-time" | "time" | "date" | "uuid" | "email" | "ipv4" | "ipv6" | "uri";
}

/** An object whose listed properties are all written, in the order listed (guide's dialect). */
export interface GbnfJsonObjectSchema<Keys extends string = string, Defs = Record<string, unknown>>
  extends Described {
  readonly type: "object";
  readonly nullable?: boolean;
  readonly properties?: { readonly [key in Keys]: GbnfJsonSchema<Defs> };
  /** Default `false`, unlike in the standard dialect. */
  readonly additionalProperties?: boolean | GbnfJsonSchema<Defs>;
  readonly patternProperties?: { readonly [pattern: string]: GbnfJsonSchema<Defs> };
  /** Counts the members written; has a use only with `additionalProperties`. */
  readonly minProperties?: number;
  /** Has a use only with `additionalProperties`. */
  readonly maxProperties?: number;
  /** Without effect in the guide's dialect: there all listed properties are required. */
  readonly required?: readonly NoInfer<Keys>[];
  readonly $defs?: Defs;
}

/** An array. Items of `prefixItems` are all written (guide's dialect); `items` are those behind them. */
export interface GbnfJsonArraySchema<Defs = Record<string, unknown>> extends Described {
  readonly type: "array";
  readonly nullable?: boolean;
  readonly items?: GbnfJsonSchema<Defs>;
  readonly prefixItems?: readonly GbnfJsonSchema<Defs>[];
  readonly minItems?: number;
  readonly maxItems?: number;
  readonly $defs?: Defs;
}

/** The schema that `$defs` has under this name; it may refer to itself. */
export interface GbnfJsonRefSchema<Defs = Record<string, unknown>> extends Described {
  readonly $ref: `#/$defs/${Extract<keyof Defs, string>}`;
  readonly $defs?: Defs;
}
