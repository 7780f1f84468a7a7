import type { LanguageModel } from "../engine/context-sequence.ts";
import type { Token, Tokenizer } from "../engine/token.ts";
import { plainGrammarVocabulary } from "../engine/token-trie-of.ts";
import type { GrammarVocabulary } from "../grammar/vocabulary.ts";
import { RefusedModelOperations } from "./refused-operations.ts";
import type { RemoteConnection } from "./remote-connection.ts";
import { RemoteContext, type RemoteContextOptions } from "./remote-context.ts";
import type { EngineFacts } from "./remote-engine.ts";
import type { RemoteVocabulary } from "./vocabulary/remote-vocabulary.ts";

/** A model that an engine elsewhere serves, with its vocabulary here. Made by `llama.loadModel()`. */
export class RemoteModel extends RefusedModelOperations implements LanguageModel {
  /** The name under which the engine serves it. */
  readonly name: string;
  /** The most tokens that a sequence can have on this engine. */
  readonly engineContextSize: number;
  readonly #vocabulary: RemoteVocabulary;
  readonly #connection: RemoteConnection;

  /** @internal */
  constructor(vocabulary: RemoteVocabulary, connection: RemoteConnection, facts: EngineFacts) {
    super("The model");
    this.#vocabulary = vocabulary;
    this.#connection = connection;
    this.name = facts.modelName;
    this.engineContextSize = facts.contextSize;
    this.scope.add(() => vocabulary.dispose());
  }

  /** @throws ColloquyError `invalid-argument`, `disposed` */
  async createContext(options: RemoteContextOptions = {}): Promise<RemoteContext> {
    this.scope.check();
    const context = new RemoteContext(this, this.#connection, options);
    context.onDispose(this.scope.add(() => context.dispose()));
    return context;
  }

  get tokenizer(): Tokenizer {
    return this.#vocabulary.tokenizer;
  }
  get tokenize(): Tokenizer {
    return this.#vocabulary.tokenizer;
  }
  get detokenize(): Tokenizer["detokenize"] {
    return this.#vocabulary.tokenizer.detokenize;
  }
  get tokens(): LanguageModel["tokens"] {
    return this.#vocabulary.tokens;
  }
  get metadata(): LanguageModel["metadata"] {
    return this.#vocabulary.metadata;
  }
  get filename(): string {
    return this.#vocabulary.filename;
  }
  get trainContextSize(): number {
    return this.#vocabulary.trainContextSize;
  }
  get vocabularySize(): number {
    return this.#vocabulary.vocabularySize;
  }
  get fingerprint(): string {
    return this.#vocabulary.fingerprint;
  }
  readonly supportsImages = false;
  readonly supportsAudio = false;
  grammarVocabulary(): GrammarVocabulary {
    return this.#vocabulary.grammarVocabulary?.() ?? plainGrammarVocabulary(this);
  }
  *iterateAllTokens(): Generator<Token> {
    for (let id = 0; id < this.vocabularySize; id++) yield id as Token;
  }
  isSpecialToken(token: Token | undefined): boolean {
    return this.#vocabulary.isSpecialToken(token);
  }
  isEogToken(token: Token | undefined): boolean {
    return this.#vocabulary.isEogToken(token);
  }
  tokenBytes(token: Token): Uint8Array {
    return this.#vocabulary.tokenBytes(token);
  }
}
