import { InvalidArgumentError } from "../../base/errors.ts";

/**
 * Which meaning a schema has.
 *
 * - `"guide"`, the default: what the chat session guide promises. Every property in `properties` is written, in the
 *   order listed, and `required` has no effect; `additionalProperties` is `false` unless given; every item of
 *   `prefixItems` is written; `oneOf` means any of; `#/$defs/x` is looked up in the nearest enclosing `$defs`;
 *   `minProperties` counts the members that are written, so keys written twice count twice.
 * - `"standard"`: JSON Schema 2020-12. Only `required` properties must be there, `additionalProperties` is `true`
 *   unless given, `prefixItems` may be cut short, references are JSON pointers from the root, and `oneOf` is taken
 *   only where its branches provably exclude each other.
 *
 * In both, `nullable: true` adds `null` to the `type` beside it, and a schema without `type`, `const` and `enum`
 * that has keywords of some types (`properties`, `minLength`, …) is read as being of these types.
 */
export type SchemaDialect = "guide" | "standard";

/**
 * How much freedom the reply has between JSON tokens.
 *
 * - `"natural"`, the default: exactly one space after every `:` and `,`, none elsewhere. It is the one-line form most
 *   JSON in training texts has, and it leaves no choice: everything between two values is forced text, which is
 *   appended without sampling.
 * - `"compact"`: no white space.
 * - `"flexible"`: an optional space after `:`, and at every line break of a pretty-printed text either nothing, one
 *   space (after `,`), or one new line and at most 32 spaces. Use it for models that insist on printing nicely.
 */
export type JsonWhitespace = "natural" | "compact" | "flexible";

/** How a JSON schema becomes a grammar. */
export interface JsonSchemaOptions {
  /** Default `"guide"`. */
  dialect?: SchemaDialect;
  /** Default `"natural"`. */
  whitespace?: JsonWhitespace;
}

/** Fills in the defaults. @throws InvalidArgumentError for an unknown dialect or white space */
export function resolveSchemaOptions(options: JsonSchemaOptions): Required<JsonSchemaOptions> {
  const { dialect = "guide", whitespace = "natural" } = options;
  if (!["guide", "standard"].includes(dialect))
    throw new InvalidArgumentError(`dialect must be "guide" or "standard", not ${JSON.stringify(dialect)}`);
  if (!["natural", "compact", "flexible"].includes(whitespace))
    throw new InvalidArgumentError(
      `whitespace must be "natural", "compact" or "flexible", not ${JSON.stringify(whitespace)}`,
    );
  return { dialect, whitespace };
}

/** The bounds of what a schema may ask for; beyond them: ColloquyError `grammar-limit`. */
export const SCHEMA_LIMITS = {
  /** JSON values in the schema document. */
  values: 50_000,
  /** Nesting of the schema document. */
  depth: 128,
  /** Alternatives of one place after `anyOf`, `oneOf` and `allOf` are multiplied out. */
  alternatives: 512,
  /** Rules of the grammar. */
  rules: 20_000,
  /** `minLength`, `maxLength`, `minItems`, `maxItems`, `minProperties`, `maxProperties`. */
  repetition: 65_536,
  /** Object states: listed properties times the members that have to be counted. */
  memberStates: 20_000,
  /** States of a text automaton (combined patterns, excluded property names). */
  automatonStates: 8_192,
  /** Members of all the sets of positions that building a text automaton may look at. */
  automatonWork: 500_000,
  /** Steps over parts of the schema, of its patterns and of their automata, all together: about a second. */
  work: 5_000_000,
  /** States of a `pattern` or `format` whose length is counted. A `maxLength` that needs more is halved until it fits. */
  countedTextStates: 3_000,
  /** Length of one `pattern`. */
  patternLength: 4_096,
  /** Values of `multipleOf` in a closed range that are listed one by one. */
  multiples: 4_096,
} as const;

/** Digits before the decimal point, at most: every integer below 10^15 is exact as a JavaScript number. */
export const INTEGER_DIGITS_MAX = 15;
/** Digits after the decimal point of a number without a range, at most. */
export const FRACTION_DIGITS_MAX = 17;
/** Digits of an exponent, at most: keeps every number finite. Numbers with a range have no exponent. */
export const EXPONENT_DIGITS_MAX = 2;
