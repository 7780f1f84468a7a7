import type { Token, Tokenizer } from "../token.ts";

/** What has to be known of a vocabulary to find where a text may begin inside of its tokens. */
export interface BreakerVocabulary {
  readonly tokenizer: Tokenizer;
  readonly vocabularySize: number;
}

/**
 * Token sequences that end a repetition, by their first token: each entry holds the tokens that must follow it.
 * An empty tail means that the token alone is a breaker.
 */
export type DryBreakers = ReadonlyMap<number, readonly (readonly number[])[]>;

const breakerCharactersMax = 40;
const tailTokensMax = 20;
const cachedSetsMax = 8;
const cache = new WeakMap<Tokenizer, Map<string, DryBreakers>>();

/**
 * Finds every token that contains a breaker text or ends with its beginning.
 * One pass over the vocabulary, so the result is kept for as long as the tokenizer lives.
 */
export function resolveDryBreakers(vocabulary: BreakerVocabulary, texts: readonly string[]): DryBreakers {
  const key = JSON.stringify(texts);
  const known = cache.get(vocabulary.tokenizer) ?? new Map<string, DryBreakers>();
  cache.set(vocabulary.tokenizer, known);
  const found = known.get(key);
  if (found !== undefined) return found;
  const breakers = findBreakers(vocabulary, texts);
  if (known.size >= cachedSetsMax) known.clear();
  known.set(key, breakers);
  return breakers;
}

function findBreakers(
  { tokenizer, vocabularySize }: BreakerVocabulary,
  texts: readonly string[],
): DryBreakers {
  const breakers = new Map<number, (readonly number[])[]>();
  const wanted = texts.filter((text) => text !== "").map((text) => text.slice(0, breakerCharactersMax));
  for (let id = 0; id < vocabularySize; id++) {
    const word = tokenizer.detokenize([id as Token], true);
    const tails = new Map<string, readonly number[]>();
    for (const text of wanted)
      for (const rest of restsAfter(word, text)) {
        const tail = rest === "" ? [] : tokenizer(rest).slice(0, tailTokensMax);
        tails.set(tail.join(), tail);
      }
    if (tails.size > 0) breakers.set(id, [...tails.values()]);
  }
  return breakers;
}

/** What of `text` must still follow when `word` holds it whole (`""`) or ends with its beginning. */
function* restsAfter(word: string, text: string): Generator<string> {
  if (word.includes(text)) {
    yield "";
    return;
  }
  for (let at = word.indexOf(text[0]!); at >= 0; at = word.indexOf(text[0]!, at + 1)) {
    const overlap = word.length - at;
    if (overlap < text.length && text.startsWith(word.slice(at))) yield text.slice(overlap);
  }
}
