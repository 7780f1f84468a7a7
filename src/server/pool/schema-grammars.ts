import { LlamaJsonSchemaGrammar } from "../../engine/llama-json-schema-grammar.ts";
import type { SequenceGrammar } from "../../engine/sequence-grammar.ts";
import { FieldError } from "../http/request-error.ts";

/** Compiled schemas that are kept; their masks get better with use. */
const keptMax = 64;

/** Compiles JSON schemas, and keeps those that were used last. */
export class SchemaGrammars {
  readonly #grammars = new Map<string, SequenceGrammar>();
  readonly #schemaBytes: number;

  constructor(schemaBytes: number) {
    this.#schemaBytes = schemaBytes;
  }

  /**
   * The grammar of a schema as JSON Schema 2020-12 has it.
   * @param param the field it came in, for errors
   * @throws RequestError 400 when it is too large; ColloquyError `grammar-unsupported`, `grammar-limit`
   */
  get(schema: unknown, param: string): SequenceGrammar {
    const key = this.#check(schema, param);
    const known = this.#grammars.get(key);
    const grammar = known ?? new LlamaJsonSchemaGrammar(schema as never, { dialect: "standard" });
    this.#grammars.delete(key);
    this.#grammars.set(key, grammar);
    const [oldest] = this.#grammars.keys();
    if (this.#grammars.size > keptMax && oldest !== undefined) this.#grammars.delete(oldest);
    return grammar;
  }

  /** Only looks at kind and size. @returns the schema as text */
  #check(schema: unknown, param: string): string {
    const isSchema =
      typeof schema === "boolean" ||
      (typeof schema === "object" && schema !== null && !Array.isArray(schema));
    if (!isSchema) throw new FieldError(param, "must be a JSON schema");
    const text = JSON.stringify(schema);
    if (Buffer.byteLength(text) <= this.#schemaBytes) return text;
    throw new FieldError(param, `must have at most ${this.#schemaBytes} bytes`);
  }
}
