export {
  BUILTIN_GRAMMAR_NAMES,
  type BuiltinGrammarName,
  builtinGrammar,
} from "./builtin/builtin-grammars.ts";
export { CompiledGrammar, compileGrammar } from "./compiled-grammar.ts";
export { parseGbnf } from "./gbnf/parse-gbnf.ts";
export * from "./ir.ts";
export * from "./json-schema/index.ts";
export { type LazyTriggers, lazyMatcher } from "./lazy/lazy-matcher.ts";
export { GRAMMAR_LIMITS } from "./limits.ts";
export type { GrammarMatcher, TokenMask } from "./matcher.ts";
export { type PatternOptions, parsePattern } from "./regex/parse-pattern.ts";
export { TokenTrie } from "./trie/token-trie.ts";
export type { GrammarVocabulary } from "./vocabulary.ts";
