import { Automaton } from "./automaton/automaton.ts";
import { compileProgram, type GrammarProgram } from "./automaton/compile-program.ts";
import type { GrammarDefinition } from "./ir.ts";
import type { GrammarMatcher } from "./matcher.ts";
import { AutomatonMatcher, type MaskSources } from "./matching/automaton-matcher.ts";
import { MaskSource } from "./matching/mask-source.ts";
import { TokenReferences } from "./matching/token-references.ts";
import type { TokenTrie } from "./trie/token-trie.ts";

/**
 * A grammar ready for use with any vocabulary. What it learns about its states, masks included, is shared by all of its
 * matchers; keep it for as long as the grammar is in use.
 */
export class CompiledGrammar {
  readonly #sources: Sources;

  /** @see compileGrammar */
  constructor(definition: GrammarDefinition) {
    this.#sources = new Sources(definition, compileProgram(definition));
  }

  /**
   * A walk from the beginning of a text.
   *
   * @throws ColloquyError `grammar-invalid` when the grammar names a token that the vocabulary does not have
   */
  matcher(trie: TokenTrie): GrammarMatcher {
    return new AutomatonMatcher(this.#sources, trie);
  }

  /**
   * A walk that begins after these bytes, or `undefined` when no match begins with them.
   *
   * @param isNewCall `false` where it is one of many that a single call needs, which share its share of work
   */
  matcherAfter(trie: TokenTrie, bytes: Uint8Array, isNewCall = true): GrammarMatcher | undefined {
    return AutomatonMatcher.after(this.#sources, trie, bytes, isNewCall);
  }

  /** Whether the whole text matches. */
  matches(text: string | Uint8Array): boolean {
    const automaton = this.#sources.automaton;
    let state = automaton.start;
    for (const byte of typeof text === "string" ? new TextEncoder().encode(text) : text) {
      automaton.beginCall();
      state = automaton.step(state, byte);
    }
    return automaton.canEnd(state);
  }
}

/**
 * Compiles a grammar. Takes time in proportion to its size; states are made when they are reached.
 *
 * @throws ColloquyError `grammar-invalid` for a missing rule, a left-recursive rule, or a grammar that matches no text;
 * `grammar-limit` for one beyond {@link GRAMMAR_LIMITS}
 * @example
 * const matcher = compileGrammar(parseGbnf('root ::= "yes" | "no"')).matcher(TokenTrie.from(vocabulary));
 */
export function compileGrammar(definition: GrammarDefinition): CompiledGrammar {
  return new CompiledGrammar(definition);
}

class Sources implements MaskSources {
  readonly definition: GrammarDefinition;
  readonly #program: GrammarProgram;
  #automaton: Automaton;
  #byTrie = new WeakMap<TokenTrie, MaskSource>();

  constructor(definition: GrammarDefinition, program: GrammarProgram) {
    this.definition = definition;
    this.#program = program;
    this.#automaton = new Automaton(program);
  }

  get automaton(): Automaton {
    if (this.#automaton.isFull) this.#begin();
    return this.#automaton;
  }

  sourceFor(trie: TokenTrie, full?: MaskSource): MaskSource {
    if (full?.automaton === this.#automaton) this.#begin();
    let source = this.#byTrie.get(trie);
    if (source === undefined) {
      const references = full?.references ?? new TokenReferences(trie, this.#program.tokens);
      source = new MaskSource(this.#automaton, trie, references);
      this.#byTrie.set(trie, source);
    }
    return source;
  }

  #begin(): void {
    this.#automaton = new Automaton(this.#program);
    this.#byTrie = new WeakMap();
  }
}
