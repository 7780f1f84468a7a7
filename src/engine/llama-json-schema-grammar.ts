import { type CompiledGrammar, compileGrammar } from "../grammar/compiled-grammar.ts";
import {
  type GbnfJsonDefList,
  type GbnfJsonSchema,
  type GbnfJsonSchemaToType,
  type JsonSchemaOptions,
  parseJsonReply,
  schemaToGrammar,
} from "../grammar/json-schema/index.ts";
import type { GrammarMatcher } from "../grammar/matcher.ts";
import type { LanguageModel } from "./context-sequence.ts";
import type { SequenceGrammar } from "./sequence-grammar.ts";
import { tokenTrieOf } from "./token-trie-of.ts";

/**
 * Holds replies to a JSON schema. Every finished reply parses and validates; the type of the parsed value follows from
 * the schema.
 *
 * @example
 * const grammar = await llama.createGrammarForJsonSchema({type: "object", properties: {name: {type: "string"}}});
 * const person = grammar.parse(await session.prompt("Who are you?", {grammar}));
 * person.name; // string
 */
export class LlamaJsonSchemaGrammar<
  const Schema extends GbnfJsonSchema<Definitions>,
  Definitions extends GbnfJsonDefList = GbnfJsonDefList,
> implements SequenceGrammar
{
  readonly schema: Schema;
  readonly stopGenerationTriggers = [] as const;
  readonly trimWhitespaceSuffix = true;
  readonly #options: JsonSchemaOptions;
  readonly #compiled: CompiledGrammar;

  /** @throws ColloquyError `grammar-unsupported` with the path and the keyword, `grammar-limit` */
  constructor(schema: Schema, options: JsonSchemaOptions = {}) {
    this.schema = schema;
    this.#options = options;
    this.#compiled = compileGrammar(schemaToGrammar(schema, options));
  }

  matcher(model: LanguageModel): GrammarMatcher {
    return this.#compiled.matcher(tokenTrieOf(model));
  }

  /** Whether a whole text matches the grammar made from the schema. */
  matches(text: string): boolean {
    return this.#compiled.matches(text);
  }

  /**
   * Parses and validates a reply.
   * @throws LlamaJsonSchemaValidationError when it does not match, saying so when the text was cut short
   */
  parse(json: string): GbnfJsonSchemaToType<Schema> {
    return parseJsonReply(json, this.schema, this.#options.dialect) as GbnfJsonSchemaToType<Schema>;
  }
}
