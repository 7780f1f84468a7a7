import { InvalidArgumentError } from "../base/errors.ts";
import {
  BUILTIN_GRAMMAR_NAMES,
  type BuiltinGrammarName,
  builtinGrammar,
} from "../grammar/builtin/builtin-grammars.ts";
import { type CompiledGrammar, compileGrammar } from "../grammar/compiled-grammar.ts";
import { parseGbnf } from "../grammar/gbnf/parse-gbnf.ts";
import type { GrammarMatcher } from "../grammar/matcher.ts";
import type { LanguageModel } from "./context-sequence.ts";
import type { SequenceGrammar, StopTrigger } from "./sequence-grammar.ts";
import { tokenTrieOf } from "./token-trie-of.ts";

export interface LlamaGrammarOptions {
  /** The grammar as GBNF, llama.cpp's notation. */
  grammar: string;
  /** Texts that end the reply although the grammar would allow more. Default: none. */
  stopGenerationTriggers?: readonly StopTrigger[];
  /** Drop white space at the end of the reply. Default `false`. */
  trimWhitespaceSuffix?: boolean;
  /** Name of the rule that the reply must match. Default `"root"`. */
  rootRuleName?: string;
}

/**
 * A grammar that replies can be held to. Compiled once and usable with any model.
 *
 * @example
 * const grammar = await llama.createGrammar({grammar: 'root ::= "yes" | "no"'});
 * const answer = await session.prompt("Is the sky blue?", {grammar});
 */
export class LlamaGrammar implements SequenceGrammar {
  readonly grammar: string;
  readonly rootRuleName: string;
  readonly stopGenerationTriggers: readonly StopTrigger[];
  readonly trimWhitespaceSuffix: boolean;
  readonly #compiled: CompiledGrammar;

  /**
   * @throws ColloquyError `grammar-invalid` with line and column, `grammar-limit`
   */
  constructor(options: LlamaGrammarOptions) {
    if (options === null || typeof options !== "object" || typeof options.grammar !== "string")
      throw new InvalidArgumentError("createGrammar() takes {grammar: string, …}");
    this.grammar = options.grammar;
    this.rootRuleName = options.rootRuleName ?? "root";
    this.stopGenerationTriggers = options.stopGenerationTriggers ?? [];
    this.trimWhitespaceSuffix = options.trimWhitespaceSuffix ?? false;
    this.#compiled = compileGrammar(parseGbnf(this.grammar, this.rootRuleName));
  }

  /** A fresh walk over a model's vocabulary, for one reply. */
  matcher(model: LanguageModel): GrammarMatcher {
    return this.#compiled.matcher(tokenTrieOf(model));
  }

  /** Whether a whole text matches. */
  matches(text: string): boolean {
    return this.#compiled.matches(text);
  }

  /**
   * A built-in grammar. What it was made with elsewhere (a `Llama`) may stand before the name and is not needed.
   * @throws InvalidArgumentError for an unknown name
   */
  static async getFor(
    ...values: [BuiltinGrammarName] | [unknown, BuiltinGrammarName]
  ): Promise<LlamaGrammar> {
    return builtinLlamaGrammar(values.at(-1) as BuiltinGrammarName);
  }
}

/** @throws InvalidArgumentError for an unknown name */
export function builtinLlamaGrammar(name: BuiltinGrammarName): LlamaGrammar {
  if (!BUILTIN_GRAMMAR_NAMES.includes(name))
    throw new InvalidArgumentError(
      `There is no grammar "${String(name)}", only ${BUILTIN_GRAMMAR_NAMES.join(", ")}`,
    );
  return new LlamaGrammar({
    grammar: builtinGrammar(name),
    trimWhitespaceSuffix: true,
    // A model that has closed its JSON may go on with blank lines for ever; the grammar of the file allows them.
    stopGenerationTriggers: ["\n".repeat(4)],
  });
}
