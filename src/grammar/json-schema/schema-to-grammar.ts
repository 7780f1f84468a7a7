import { choice, type GrammarDefinition, type GrammarNode, literal, NEVER } from "../ir.ts";
import { arrayGrammar } from "./array-grammar.ts";
import { checkOneOfs } from "./check-one-of.ts";
import { type Compilation, createSeparators, valueRule } from "./compilation.ts";
import { type Constraints, mergeConstraints } from "./constraints.ts";
import { type Conjunction, expandSchema } from "./expand-schema.ts";
import { type JsonType, type JsonValue, writeJson } from "./json-value.ts";
import { numberGrammar } from "./number-grammar.ts";
import { objectGrammar } from "./object-grammar.ts";
import { pruneGrammar } from "./prune-grammar.ts";
import { openSchema } from "./schema-document.ts";
import { unsupportedSchema } from "./schema-error.ts";
import { type JsonSchemaOptions, resolveSchemaOptions } from "./schema-options.ts";
import { stringGrammar } from "./string-grammar.ts";
import { satisfies } from "./validate-json.ts";

/**
 * Turns a JSON schema into a grammar whose every text parses as JSON and satisfies the schema.
 *
 * Supported: `type` (one or a list), `nullable`, `enum`, `const`, `anyOf`, `oneOf`, `allOf` (merged), `$ref` with
 * `$defs` or `definitions`, recursive too; `properties`, `required`, `additionalProperties`, `patternProperties`,
 * `minProperties`, `maxProperties`; `items`, `prefixItems`, `minItems`, `maxItems`; `minLength`, `maxLength` (in code
 * points), `pattern`, `format`; `minimum`, `maximum`, `exclusiveMinimum`, `exclusiveMaximum`, and `multipleOf` for
 * whole numbers that are powers of ten or have a small range. `title`, `description`, `default`, `examples`,
 * `$comment`, `$schema`, `deprecated`, `readOnly`, `writeOnly`, the root's `$id` (or `id`) and keywords that begin with
 * `x-` say nothing about validity and are passed over. Everything else is refused.
 *
 * The grammar accepts less than the schema in these ways only: properties come in the listed order, white space as
 * `whitespace` says, no name twice among the listed ones, numbers of at most 15 digits before the point (with a range:
 * no exponent), formats as the subsets stated at `FORMAT_PATTERNS`, strings under `pattern` or `format` and names
 * beside listed ones in JSON.stringify's spelling, maxima above 65,536 taken as 65,536, and `maxLength` beside
 * `pattern` or `format` as what `SCHEMA_LIMITS.countedTextStates` allows to count.
 *
 * @throws InvalidArgumentError for an unknown dialect or white space
 * @throws ColloquyError `grammar-unsupported` with the JSON path and the keyword, also when no value can satisfy the
 * schema; `grammar-invalid` for a schema that is none; `grammar-limit` beyond `SCHEMA_LIMITS`
 * @example
 * schemaToGrammar({type: "object", properties: {mood: {enum: ["good", "bad"]}}})
 * // matches {"mood": "good"} and {"mood": "bad"}
 */
export function schemaToGrammar(schema: unknown, options: JsonSchemaOptions = {}): GrammarDefinition {
  const { dialect, whitespace } = resolveSchemaOptions(options);
  const document = openSchema(schema, dialect);
  const compilation: Compilation = {
    document,
    separators: createSeparators(whitespace),
    rules: new Map(),
    valueRules: new Map(),
    pending: [],
    contradictions: [],
  };
  const root = valueRule(compilation, [document.root]);
  for (const { name, nodes } of compilation.pending)
    compilation.rules.set(name, valueGrammar(compilation, nodes));
  checkOneOfs(document);
  const rootName = root.type === "rule" ? root.name : "";
  const pruned = pruneGrammar({ root: rootName, rules: compilation.rules });
  if (pruned === undefined) {
    const [first] = compilation.contradictions;
    throw unsupportedSchema(
      first?.path ?? document.root.path,
      undefined,
      `is satisfied by no value: ${first?.why ?? "it never comes to an end"}`,
    );
  }
  return pruned;
}

/** The keywords of a node are looked at one by one. */
const STEPS_PER_NODE = 20;

function valueGrammar(compilation: Compilation, nodes: Conjunction): GrammarNode {
  const options: GrammarNode[] = [];
  const path = nodes[0]?.path ?? "#";
  for (const conjunction of expandSchema(compilation.document, nodes)) {
    compilation.document.work.spend(STEPS_PER_NODE * conjunction.length, path);
    const constraints = mergeConstraints(conjunction, compilation.document.dialect);
    if (constraints.values !== undefined)
      options.push(...listedValues(compilation, constraints, conjunction, constraints.values));
    else if (constraints.types.size === 0)
      compilation.contradictions.push({ path, why: "the types exclude each other" });
    else for (const type of constraints.types) options.push(typeGrammar(compilation, constraints, type));
  }
  if (options.length > 0) return choice(...options);
  compilation.contradictions.push({ path, why: "nothing is allowed" });
  return NEVER;
}

function isListAlone(schema: unknown): boolean {
  const keywords = Object.keys(schema as object);
  return keywords.length === 1 && (keywords[0] === "enum" || keywords[0] === "const");
}

function listedValues(
  compilation: Compilation,
  constraints: Constraints,
  conjunction: Conjunction,
  values: readonly JsonValue[],
): GrammarNode[] {
  const { document, separators } = compilation;
  // A list alone refuses none of its own values.
  const alone = conjunction.length === 1 && isListAlone(conjunction[0]!.schema);
  const valid = alone
    ? values
    : values.filter((value) => satisfies(document, conjunction, value, constraints));
  if (valid.length === 0)
    compilation.contradictions.push({
      path: constraints.path,
      why: "the other keywords refuse every listed value",
    });
  return valid.map((value) => literal(writeJson(value, separators.commaText, separators.colonText)));
}

function typeGrammar(compilation: Compilation, constraints: Constraints, type: JsonType): GrammarNode {
  switch (type) {
    case "object":
      return objectGrammar(compilation, constraints);
    case "array":
      return arrayGrammar(compilation, constraints);
    case "string":
      return stringGrammar(compilation, constraints);
    case "number":
      return numberGrammar(compilation, constraints);
    case "boolean":
      return choice(literal("true"), literal("false"));
    case "null":
      return literal("null");
  }
}
