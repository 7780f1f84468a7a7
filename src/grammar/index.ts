export { CompiledGrammar, compileGrammar } from "./compiled-grammar.ts";
export { parseGbnf } from "./gbnf/parse-gbnf.ts";
export * from "./ir.ts";
export { GRAMMAR_LIMITS } from "./limits.ts";
export type { GrammarMatcher, TokenMask } from "./matcher.ts";
export { type PatternOptions, parsePattern } from "./regex/parse-pattern.ts";
export { TokenTrie } from "./trie/token-trie.ts";
export type { GrammarVocabulary } from "./vocabulary.ts";
