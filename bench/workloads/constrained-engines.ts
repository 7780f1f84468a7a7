/** The vocabulary of a model that was loaded without its weights. */
export interface VocabularyModel {
  readonly vocabularySize: number;
  isEogToken(token: number): boolean;
  isSpecialToken(token: number): boolean;
  tokenBytes(token: number): Uint8Array;
  tokenize(text: string, specialTokens?: boolean): readonly number[];
  /** The vocabulary as colloquy's grammars read it. */
  grammarVocabulary(): unknown;
}

/** A grammar engine with a vocabulary. */
export interface MaskEngine {
  readonly name: string;
  /** Reads a schema. Throws where it refuses. */
  compile(schema: object): Promise<MaskGrammar>;
}

export interface MaskGrammar {
  start(): Promise<MaskWalk>;
  dispose(): void;
}

export interface MaskWalk {
  /** Makes the next mask; a promise where the engine only has one. */
  mask(): unknown;
  /** Whether the token may come next. Only where the engine can tell without making a mask. */
  readonly allows?: (token: number) => boolean;
  /** Steps over a token; whether it may come. */
  accept(token: number): boolean;
  /** Whether the text may end. */
  canEnd(): Promise<boolean>;
  dispose(): void;
}

interface Grammars {
  schemaToGrammar(schema: object, options: object): unknown;
  compileGrammar(definition: unknown): { matcher(trie: unknown): OwnMatcher };
  readonly TokenTrie: { from(vocabulary: unknown): unknown };
}
interface OwnMatcher {
  mask(): unknown;
  allows(token: number): boolean;
  forced(): readonly number[];
  accept(token: number): void;
  readonly canEnd: boolean;
}

/** colloquy's engine, from a build. */
export async function oursEngine(distFolder: URL, model: VocabularyModel): Promise<MaskEngine> {
  const { schemaToGrammar, compileGrammar, TokenTrie } = (await import(
    new URL("grammar/index.js", distFolder).href
  )) as Grammars;
  const trie = TokenTrie.from(model.grammarVocabulary());
  return {
    name: "colloquy",
    compile: async (schema) => {
      const grammar = compileGrammar(schemaToGrammar(schema, { dialect: "standard" }));
      return { start: async () => walk(grammar.matcher(trie)), dispose: () => {} };
    },
  };
}

function walk(matcher: OwnMatcher): MaskWalk {
  return {
    mask: () => matcher.mask(),
    allows: (token) => {
      matcher.forced();
      return matcher.allows(token);
    },
    accept: (token) => {
      if (!matcher.allows(token)) return false;
      matcher.accept(token);
      return true;
    },
    canEnd: async () => matcher.canEnd,
    dispose: () => {},
  };
}
