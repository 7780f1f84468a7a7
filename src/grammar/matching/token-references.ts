import { ColloquyError } from "../../base/errors.ts";
import type { TokenNode } from "../ir.ts";
import type { TokenTrie } from "../trie/token-trie.ts";

/**
 * The tokens that a grammar asks for by id or name, found in a vocabulary.
 * A negated one stands for every other token but the end tokens.
 */
export class TokenReferences {
  readonly #trie: TokenTrie;
  readonly #references: readonly { id: number; negated: boolean }[];

  /** @throws ColloquyError `grammar-invalid` for a token that the vocabulary does not have */
  constructor(trie: TokenTrie, nodes: readonly TokenNode[]) {
    this.#trie = trie;
    this.#references = nodes.map((node) => ({ id: resolve(trie, node.token), negated: node.negated }));
  }

  /** Whether a token is one that the reference stands for. */
  matches(reference: number, token: number): boolean {
    const { id, negated } = this.#references[reference]!;
    return negated ? token !== id && !this.#trie.isEnd(token) : token === id;
  }

  /** Adds all tokens that the reference stands for. */
  addTo(words: Uint32Array, reference: number): void {
    const { id, negated } = this.#references[reference]!;
    if (!negated) {
      words[id >>> 5]! |= 1 << (id & 31);
      return;
    }
    const { size } = this.#trie.vocabulary;
    for (let token = 0; token < size; token++)
      if (this.matches(reference, token)) words[token >>> 5]! |= 1 << (token & 31);
  }
}

function resolve(trie: TokenTrie, token: number | string): number {
  const { vocabulary } = trie;
  if (typeof token === "number") {
    if (Number.isSafeInteger(token) && token >= 0 && token < vocabulary.size) return token;
    throw new ColloquyError(
      "grammar-invalid",
      `The grammar asks for token ${token}, but the vocabulary has ${vocabulary.size} tokens`,
    );
  }
  const named = vocabulary.findToken?.(token);
  if (named !== undefined) return named;
  const tokens = vocabulary.tokenize(token);
  if (tokens.length === 1) return tokens[0]!;
  throw new ColloquyError(
    "grammar-invalid",
    `The grammar asks for ${token}, which is not one token of the vocabulary`,
  );
}
