import { TokenTrie } from "../grammar/trie/token-trie.ts";
import type { GrammarVocabulary } from "../grammar/vocabulary.ts";
import type { LanguageModel } from "./context-sequence.ts";
import type { Token } from "./token.ts";

const tries = new WeakMap<LanguageModel, TokenTrie>();

/** The token trie of a model's vocabulary: built on first use, kept as long as the model. */
export function tokenTrieOf(model: LanguageModel): TokenTrie {
  let trie = tries.get(model);
  if (trie === undefined) {
    trie = TokenTrie.from(model.grammarVocabulary?.() ?? plainGrammarVocabulary(model));
    tries.set(model, trie);
  }
  return trie;
}

/** A model's vocabulary as grammars see it, read token after token. Special tokens stand for no text there. */
export function plainGrammarVocabulary(model: LanguageModel): GrammarVocabulary {
  const noBytes = new Uint8Array(0);
  const endTokens: number[] = [];
  for (let id = 0; id < model.vocabularySize; id++) if (model.isEogToken(id as Token)) endTokens.push(id);
  return {
    size: model.vocabularySize,
    endTokens,
    tokenBytes: (id) => (model.isSpecialToken(id as Token) ? noBytes : model.tokenBytes(id as Token)),
    tokenize: (text) => model.tokenize(text, false),
    findToken: (text) => {
      const tokens = model.tokenize(text, true);
      return tokens.length === 1 ? tokens[0] : undefined;
    },
  };
}
